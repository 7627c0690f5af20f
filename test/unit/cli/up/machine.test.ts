import { describe, expect, it } from 'vitest';
import { noteworthy } from '../../../../services/cli/up/machine.ts';

describe('a line of a program', () => {
  const line = (fields: Readonly<Record<string, unknown>> | null, text = '') =>
    noteworthy('dispatcher-1', { stream: 'stdout', text, fields });

  it('is shown when it warns, with its cause', () => {
    const error = { message: 'connect ECONNREFUSED' };
    const fields = { level: 'warn', event: 'settle-failed', message: 'not committed', error };
    expect(line(fields)).toBe('dispatcher-1: not committed: connect ECONNREFUSED');
  });

  it('is not shown when all is as it should be', () => {
    expect(line({ level: 'info', event: 'active' })).toBeNull();
  });

  it('is shown when it is no log line but an error of the runtime', () => {
    const fields = null;
    expect(noteworthy('worker-1', { stream: 'stderr', text: 'Killed', fields })).toBe(
      'worker-1: Killed',
    );
  });
});
