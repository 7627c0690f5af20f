import { describe, expect, it } from 'vitest';
import { noKnowledge } from '../../../../services/cli/system-view/knowledge.ts';
import { span } from '../../../../services/cli/system-view/spans.ts';
import { viewOf } from '../../../../services/cli/system-view/system-view.ts';
import { viewLines } from '../../../../services/cli/system-view/view-lines.ts';
import { recordedTerminal } from '../../../support/recorded-terminal.ts';
import { atMs, decisionTold, demandTold, directiveTold, heartbeatTold } from '../told.ts';

const { colours } = recordedTerminal();

describe('the table', () => {
  it('shows queue, workers, what comes, spill and the last decision', () => {
    const knowledge = {
      ...noKnowledge(),
      demand: { value: demandTold({ 'gpu-in-time': 8 }), atMs },
      directive: { value: directiveTold(), atMs },
      decisions: [decisionTold(40, 3)],
    };
    knowledge.lagChunks.set('live', 12);
    knowledge.workers.set('worker-1', { value: heartbeatTold(), atMs });
    const lines = viewLines(viewOf(knowledge, atMs), colours);
    const text = lines.join('\n');
    expect(lines[0]).toBe(
      '22:13:20  dispatcher speaks, earliest deadline first  scaler speaks (term 2)',
    );
    expect(text).toMatch(/^live +12 +4\.2 s +8 +3 +1 +98\.5 % +2 +20 +1 +1$/m);
    expect(text).toMatch(/^bulk +unknown +- +0 +0 +0 +- +0 +0 +0 +0$/m);
    expect(text).toMatch(/^gpu gpu-a \(emulated\) +1 +0 +0 +2 +0 +4\.0x$/m);
    expect(text).toMatch(/^coming +1 slot of gpu-a due now, 2 slots of gpu-a in 12 s$/m);
    expect(text).toMatch(/^spill +spill is open; the scaler says open: /m);
    expect(text).toMatch(/^decided +3\.0 s ago$/m);
    expect(text).toMatch(/^ +gpu-a: /m);
  });

  it('of a system that is silent says so, and shows nothing else as true', () => {
    const text = viewLines(viewOf(noKnowledge(), atMs), colours).join('\n');
    expect(text).toContain('dispatcher has never spoken  scaler has never spoken');
    expect(text).toContain('workers  none is heard');
    expect(text).toContain('decided  nothing yet');
    expect(text).not.toContain('coming');
  });
});

describe('a span', () => {
  it.each([
    [0, '0.0 s'],
    [4240, '4.2 s'],
    [9960, '10 s'],
    [119_000, '119 s'],
    [125_000, '2 min 5 s'],
    [11_040_000, '3 h 4 min'],
  ])('of %i ms reads %s', (milliseconds, text) => {
    expect(span(milliseconds)).toBe(text);
  });
});
