import { describe, expect, it } from 'vitest';
import {
  parseWatchLine,
  WatchLines,
} from '../../../../../services/shared/kubernetes/api/watch-lines.ts';

const line = (type: string, object: unknown): string => JSON.stringify({ type, object });

describe('a line of a watch', () => {
  it('is an object that was made, changed or removed, without the notes on its managers', () => {
    const metadata = {
      name: 'a',
      namespace: 'b',
      uid: 'c',
      resourceVersion: '4',
      labels: { d: 'e' },
    };
    const sent = { kind: 'Node', metadata: { ...metadata, managedFields: [{}] }, spec: { f: 1 } };
    for (const type of ['ADDED', 'MODIFIED', 'DELETED'] as const) {
      const object = { metadata, spec: { f: 1 } };
      expect(parseWatchLine(line(type, sent))).toEqual({ type, object });
    }
  });

  it('is a bookmark with its version', () => {
    const sent = line('BOOKMARK', { metadata: { resourceVersion: '12' } });
    expect(parseWatchLine(sent)).toEqual({ type: 'BOOKMARK', resourceVersion: '12' });
  });

  it('is an error with the server’s words', () => {
    const status = { kind: 'Status', code: 410 };
    expect(parseWatchLine(line('ERROR', status))).toEqual({ type: 'ERROR', status });
  });

  it.each([
    ['no JSON', 'never mind'],
    ['no object', line('ADDED', null)],
    ['an object without a name', line('ADDED', { metadata: {} })],
    ['a bookmark without a version', line('BOOKMARK', { metadata: {} })],
    ['of a type that nobody knows', line('RENAMED', { metadata: { name: 'a' } })],
  ])('is refused if it is %s', (_, sent) => {
    expect(() => parseWatchLine(sent)).toThrow(Error);
  });

  it('may be long, but not without end', () => {
    const lines = new WatchLines();
    const megabyte = 'x'.repeat(1024 * 1024);
    for (let count = 0; count < 16; count += 1) expect(lines.push(megabyte)).toEqual([]);
    expect(lines.isCutOff()).toBe(true);
    expect(() => lines.push('x')).toThrow('above 16777216 characters');
  });
});
