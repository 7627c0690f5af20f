import type { Outcome, ResultFacts } from '../../../../services/cli/outcomes/read-outcome.ts';

const seen = (name: string): { readonly class: string } => ({ class: name });

/** A result of two frames with two vehicles and a person, 0.84 s after its submission. */
export function resultOutcome(change: Partial<ResultFacts> = {}): Outcome {
  const facts = {
    source: 'street-1',
    id: 'a',
    startMs: 0,
    durationMs: 2000,
    submittedAt: '2026-01-31T12:00:00.000Z',
    finishedAt: '2026-01-31T12:00:00.840Z',
    deadlineMet: true,
    device: 'cpu',
    emulated: false,
    spilled: false,
    laneMs: 20,
    computeMs: 700,
    worker: 'cpu-1',
    frames: [
      { presentationMs: 0, detections: [seen('vehicle'), seen('person')] },
      { presentationMs: 500, detections: [seen('vehicle')] },
    ],
    ...change,
  };
  return { outcome: 'result', source: facts.source, id: facts.id, json: '{}', facts };
}
