import { describe, expect, it } from 'vitest';
import { openPinoLog } from '../../../../services/shared/process/pino-log.ts';
import type { LogLevel, Logger } from '../../../../services/shared/process/ports.ts';
import { recordedLog } from '../../../../services/shared/process/recorded-log.ts';
import { secret } from '../../../../services/shared/process/secret.ts';

function written(level: LogLevel, act: (log: Logger) => void): readonly unknown[] {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  act(openPinoLog({ level, process: 'worker' }, destination));
  return lines.map((line): unknown => JSON.parse(line));
}

describe('the log', () => {
  it('writes one line of JSON per event: level as a word, ISO time, process, event, fields', () => {
    const lines = written('info', (log) => log.info('lane-opened', { lane: 'gpu.live' }));
    const time: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const pid = process.pid;
    const line = {
      level: 'info',
      time,
      process: 'worker',
      pid,
      event: 'lane-opened',
      lane: 'gpu.live',
    };
    expect(lines).toEqual([line]);
  });

  it('leaves out what is less severe than its level', () => {
    const lines = written('warn', (log) => {
      log.debug('a');
      log.info('b');
      log.warn('c');
      log.error('d');
      log.fatal('e');
    });
    expect(lines).toMatchObject([{ event: 'c' }, { event: 'd' }, { event: 'e' }]);
  });

  it('shows an error with its code, its stack and its causes', () => {
    const cause = new Error('connection refused');
    const error = Object.assign(new Error('no broker', { cause }), { code: 'broker-gone' });
    const [line] = written('info', (log) => log.error('fetch-failed', { error }));
    expect(line).toMatchObject({
      error: {
        code: 'broker-gone',
        message: 'no broker',
        cause: { message: 'connection refused' },
      },
    });
  });

  it('never lets a field take the place of the event, and never shows a secret', () => {
    const [line] = written('info', (log) =>
      log.info('lane-opened', {
        event: 'forged',
        kafka: { sasl: { password: secret('hunter2') } },
      }),
    );
    const kafka = { sasl: { password: '[redacted]' } };
    expect(line).toMatchObject({ event: 'lane-opened', kafka });
  });

  it('puts the fields of `with` on each line, as its recorded twin does', () => {
    const act = (log: Logger): void =>
      log.with({ pool: 'a' }).with({ node: 'b' }).warn('gone', { ms: 1 });
    const fields = { pool: 'a', node: 'b', ms: 1 };
    expect(written('info', act)).toMatchObject([{ level: 'warn', event: 'gone', ...fields }]);
    const twin = recordedLog();
    act(twin);
    expect(twin.lines).toEqual([{ level: 'warn', event: 'gone', fields }]);
  });
});
