import { expect, it } from 'vitest';
import { LineSplitter, parseLogLine } from '../../../../services/local/processes/log-lines.ts';

function split(pieces: readonly string[]): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return lines;
}

it('finds the same lines however the text is cut', () => {
  const text = 'first\r\n\nthird {"a":1}\nlast without end';
  const expected = ['first', '', 'third {"a":1}', 'last without end'];
  expect(split([text])).toEqual(expected);
  expect(split(text.split(''))).toEqual(expected);
  expect(split([text.slice(0, 6), text.slice(6)])).toEqual(expected);
});

it('passes on an endless line in pieces instead of keeping all of it', () => {
  const piece = 'x'.repeat(700_000);
  const lines = split([piece, piece, piece]);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join('')).toBe(piece.repeat(3));
});

it('reads fields only from JSON objects', () => {
  expect(parseLogLine('stdout', '{"level":30,"msg":"ready"}').fields).toEqual({
    level: 30,
    msg: 'ready',
  });
  for (const text of ['plain', '{"cut', '[1]', '"text"', '{}x', '']) {
    expect(parseLogLine('stderr', text), text).toEqual({ stream: 'stderr', text, fields: null });
  }
});
