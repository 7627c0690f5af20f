import { describe, expect, it } from 'vitest';
import { noKnowledge } from '../../../../services/cli/system-view/knowledge.ts';
import { gateSentence, spillSentence } from '../../../../services/cli/system-view/spill-words.ts';
import { viewOf } from '../../../../services/cli/system-view/system-view.ts';
import type { SystemView } from '../../../../services/cli/system-view/system-view.ts';
import type { Demand, SpillVerdict } from '../../../../services/shared/chunk/demand.ts';
import type { Directive } from '../../../../services/shared/chunk/directive.ts';
import { atMs, demandTold, directiveTold } from '../told.ts';

interface Told {
  readonly verdicts?: Partial<Record<SpillVerdict, number>>;
  readonly demand?: Partial<Demand>;
  readonly directive?: Directive | null;
  readonly nowMs?: number;
}

function viewAfter({ verdicts = {}, demand = {}, directive, nowMs = atMs }: Told): SystemView {
  const told = directive === undefined ? directiveTold() : directive;
  return viewOf(
    {
      ...noKnowledge(),
      demand: { value: demandTold(verdicts, demand), atMs: atMs - 500 },
      directive: told === null ? null : { value: told, atMs: atMs - 1000 },
    },
    nowMs,
  );
}

const idle = { queues: [] };
const [queue] = demandTold().queues;
const gpuOnly = queue === undefined ? {} : { queues: [{ ...queue, cpuChunks: 0 }] };

describe('the sentence about what is spilled', () => {
  it.each([
    ['gpu-in-time', 'nothing is spilled because the GPU workers will have 8 chunks done in time'],
    [
      'cpu-busy',
      'nothing is spilled because for 8 chunks the CPU workers have as much as they may',
    ],
    ['cpu-too-slow', 'nothing is spilled because 8 chunks would be late on CPU workers as well'],
    ['no-cpu-worker', 'nothing is spilled because for 8 chunks there is no CPU worker'],
  ] as const)('says what %s means', (verdict, sentence) => {
    expect(spillSentence(viewAfter({ verdicts: { [verdict]: 8 }, demand: gpuOnly }))).toBe(
      sentence,
    );
  });

  it('names who keeps the gate shut, and why', () => {
    const directive = directiveTold({
      spill: { gate: 'shut', reason: 'operator', mediaMsPerMinuteMax: null },
    });
    const view = viewAfter({ verdicts: { 'gate-shut': 8 }, demand: gpuOnly, directive });
    expect(spillSentence(view)).toBe(
      'nothing is spilled because the scaler keeps spill shut for 8 chunks (the operator wants it so)',
    );
  });

  it('counts what goes to CPU workers and what is there, and what keeps the rest', () => {
    expect(spillSentence(viewAfter({ verdicts: { spilled: 2, 'gpu-in-time': 5 } }))).toBe(
      '3 chunks are spilled because the GPU workers would finish them too late; ' +
        'of those that wait, the GPU workers will have 5 chunks done in time',
    );
  });

  it('says that nothing waits', () => {
    expect(spillSentence(viewAfter({ demand: idle }))).toBe(
      'nothing is spilled because nothing waits',
    );
  });

  it('does not pass off an old word as the present', () => {
    expect(spillSentence(viewAfter({ verdicts: { spilled: 2 }, nowMs: atMs + 60_000 }))).toBe(
      'what is spilled is not known: no dispatcher has spoken for 61 s, since 2023-11-14T22:13:19.500Z',
    );
    expect(spillSentence(viewOf(noKnowledge(), atMs))).toMatch(/no dispatcher has spoken: is one/);
  });
});

describe('the sentence about the gate', () => {
  it('gives the reason of the scaler', () => {
    expect(gateSentence(viewAfter({}))).toBe(
      'spill is open; the scaler says open: ready and booting GPU workers cannot do in time what is due',
    );
  });

  it('says what may be the case where dispatcher and scaler differ', () => {
    const shut = { gate: 'shut', reason: 'gpu-in-time', mediaMsPerMinuteMax: null } as const;
    expect(gateSentence(viewAfter({ directive: directiveTold({ spill: shut }) }))).toBe(
      'spill is open; the scaler says shut: ready and booting GPU workers do in time what is due ' +
        '(it may just have said so, or there are fewer GPU workers than it reckoned with)',
    );
    expect(gateSentence(viewAfter({ demand: { spill: { isOpen: false, verdicts: [] } } }))).toMatch(
      /^spill is shut; the scaler says open: .* \(it may just have said so\)$/,
    );
  });

  it('says that there is no scaler, and since when', () => {
    expect(gateSentence(viewAfter({ directive: null }))).toBe(
      'spill is open; no scaler has spoken, so the dispatcher goes by each deadline alone',
    );
    expect(gateSentence(viewAfter({ nowMs: atMs + 30_000 }))).toMatch(
      /^spill is open; no scaler has spoken for 31 s, since 2023-11-14T22:13:19\.000Z, so/,
    );
  });
});
