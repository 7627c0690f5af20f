import { expect, test } from 'vitest';
import { describeOutcome, mediaTime } from '../../../../services/cli/outcomes/describe-outcome.ts';
import type { ResultFacts } from '../../../../services/cli/outcomes/read-outcome.ts';
import { recordedTerminal } from '../../../support/recorded-terminal.ts';

const { colours } = recordedTerminal();
const frame = (...names: readonly string[]) => ({
  presentationMs: 0,
  detections: names.map((name) => ({ class: name })),
});

const facts: ResultFacts = {
  source: 'gate.mp4',
  id: 'a-0-1',
  startMs: 62_500,
  durationMs: 2500,
  submittedAt: '2026-01-31T12:00:00.000Z',
  finishedAt: '2026-01-31T12:00:00.840Z',
  deadlineMet: true,
  device: 'gpu',
  emulated: false,
  spilled: false,
  laneMs: 20,
  computeMs: 700,
  worker: 'w-1',
  frames: [frame('car', 'person'), frame('car')],
};

test('a result is one line with place, detections per class and how long it took', () => {
  const outcome = { outcome: 'result' as const, source: 'gate.mp4', id: 'a-0-1', json: '', facts };
  expect(describeOutcome(outcome, colours)).toBe(
    'gate.mp4  1:02.500-1:05.000  2 frames: 2 car, 1 person  0.84 s on gpu',
  );
});

test('what was emulated, spilled or late says so', () => {
  const change = { emulated: true, spilled: true, deadlineMet: false, frames: [] };
  const outcome = {
    outcome: 'result' as const,
    source: 'gate.mp4',
    id: 'a-0-1',
    json: '',
    facts: { ...facts, ...change },
  };
  expect(describeOutcome(outcome, colours)).toBe(
    'gate.mp4  1:02.500-1:05.000  0 frames: nothing found  0.84 s on gpu, emulated, spilled, late',
  );
});

test.each([
  [0, '0:00.000'],
  [59_999, '0:59.999'],
  [3_600_000 + 61_001, '1:01:01.001'],
])('%i ms of a stream are shown as %s', (milliseconds, shown) => {
  expect(mediaTime(milliseconds)).toBe(shown);
});
