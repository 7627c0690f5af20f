import { describe, expect, it } from 'vitest';
import { noteworthy } from '../../../../services/cli/up/machine.ts';
import { createProgress, noteOutcome } from '../../../../services/cli/up/progress.ts';
import { statusLines } from '../../../../services/cli/up/status-lines.ts';
import { recordedTerminal } from '../../../support/recorded-terminal.ts';
import { resultOutcome } from './outcome.ts';

const { colours } = recordedTerminal();

describe('the status', () => {
  it('tells a lag that is not known from one of 0', () => {
    const progress = createProgress();
    progress.lag.set('live', 0);
    const [first] = statusLines(progress, { upMs: 62_000, colours });
    expect(first).toBe('up 1:02  lag live 0, standard unknown, bulk unknown  done 0 results');
  });

  it('shows what was done and who does it', () => {
    const progress = createProgress();
    noteOutcome(progress, resultOutcome());
    progress.workers.set('cpu-1', {
      worker: 'cpu-1',
      sequence: 1,
      kind: 'cpu',
      pool: 'local',
      node: null,
      state: 'ready',
      emulated: false,
      slots: 1,
      models: [],
      partitions: [],
      inHand: [],
      speeds: [{ model: 'traffic-demo', speed: 13.04 }],
      startedAtMs: 0,
      readyAtMs: 1,
    });
    const lines = statusLines(progress, { upMs: 0, colours });
    expect(lines[0]).toContain('done 1 results');
    expect(lines[1]).toBe('detections  2 vehicle, 1 person');
    expect(lines[2]).toBe('worker   cpu-1  ready, 0 in hand, traffic-demo at 13.0x real time');
  });
});

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
