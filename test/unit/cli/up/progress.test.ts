import { describe, expect, it } from 'vitest';
import { plainLine, plainLines } from '../../../../services/cli/up/plain-screen.ts';
import { createProgress, noteOutcome, quantile } from '../../../../services/cli/up/progress.ts';
import { noKnowledge } from '../../../../services/cli/system-view/knowledge.ts';
import { viewOf } from '../../../../services/cli/system-view/system-view.ts';
import { recordedTerminal } from '../../../support/recorded-terminal.ts';
import { atMs } from '../told.ts';
import { resultOutcome } from './outcome.ts';

describe('what came out', () => {
  it('is shown with the lag, of which unknown is not 0', () => {
    const knowledge = noKnowledge();
    knowledge.lagChunks.set('live', 0);
    const progress = createProgress();
    noteOutcome(progress, resultOutcome());
    noteOutcome(progress, resultOutcome({ deadlineMet: false }));
    const screen = { view: viewOf(knowledge, atMs), progress, upMs: 62_000 };
    expect(plainLine(screen)).toBe(
      'up 62 s  lag live 0, standard unknown, bulk unknown  done 2 results, 1 late',
    );
    const lines = plainLines(screen, recordedTerminal().colours);
    expect(lines[1]).toBe('detections  4 vehicle, 2 person');
  });

  it('counts what ended without a result', () => {
    const progress = createProgress();
    const named = { source: 's', id: 'a', coordinates: 'live/0/0' };
    const letter = { ...named, reason: 'corrupt', message: 'm', attempts: 1 };
    noteOutcome(progress, { outcome: 'dead-letter', ...letter, worker: null, accepted: null });
    expect(progress).toMatchObject({ results: 0, deadLetters: 1 });
  });
});

describe('a quantile', () => {
  it('is a value that was measured, and unknown of none', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([1, 2], 0.99)).toBe(2);
    expect(quantile([], 0.5)).toBeNull();
  });
});
