import { spillVerdicts } from '../../shared/chunk/demand.ts';
import type { SpillVerdict } from '../../shared/chunk/demand.ts';
import type { SpillGateReason } from '../../shared/chunk/directive.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import { chunksWord, span } from './spans.ts';
import type { SpillView, SystemView } from './system-view.ts';

/** What is spilled at this moment, and what keeps the rest: a sentence, without its full stop. */
export function spillSentence({ dispatcher, spill, atMs }: SystemView): string {
  switch (dispatcher.state) {
    case 'never':
      return 'nothing is spilled because no dispatcher has spoken: is one running?';
    case 'silent': {
      const ago = span(atMs - dispatcher.spokeAtMs);
      const since = formatRfc3339(dispatcher.spokeAtMs);
      return `what is spilled is not known: no dispatcher has spoken for ${ago}, since ${since}`;
    }
    case 'speaking':
      return presentSentence(spill);
  }
}

function presentSentence(spill: SpillView): string {
  const spilled = spill.verdicts.spilled ?? 0;
  const onCpu = spilled + spill.cpuChunks;
  const others = spillVerdicts.filter(
    (verdict) => verdict !== 'spilled' && (spill.verdicts[verdict] ?? 0) > 0,
  );
  const waiting = others.map((verdict) => waitingClause(verdict, spill)).join('; ');
  if (onCpu > 0) {
    const verb = onCpu === 1 ? 'is' : 'are';
    const head = `${chunksWord(onCpu)} ${verb} spilled because the GPU workers would finish them too late`;
    return waiting === '' ? head : `${head}; of those that wait, ${waiting}`;
  }
  if (waiting !== '') return `nothing is spilled because ${waiting}`;
  if (spill.waitingChunks > 0) {
    return 'nothing is spilled because the dispatcher has not judged what waits yet';
  }
  return 'nothing is spilled because nothing waits';
}

function waitingClause(verdict: SpillVerdict, spill: SpillView): string {
  const chunks = chunksWord(spill.verdicts[verdict] ?? 0);
  switch (verdict) {
    case 'gpu-in-time':
      return `the GPU workers will have ${chunks} done in time`;
    case 'spilled':
      return `${chunks} go to CPU workers`;
    case 'cpu-busy':
      return `for ${chunks} the CPU workers have as much as they may`;
    case 'cpu-too-slow':
      return `${chunks} would be late on CPU workers as well`;
    case 'no-cpu-worker':
      return `for ${chunks} there is no CPU worker`;
    case 'gate-shut':
      return `the scaler keeps spill shut for ${chunks}${reasonOf(spill.gateReason)}`;
  }
}

const reasonOf = (reason: SpillGateReason | null): string =>
  reason === null ? '' : ` (${gateReasonWords(reason)})`;

const justSaid = 'it may just have said so';
const orFewer = 'or there are fewer GPU workers than it reckoned with';

/** Whether spill is open, who says so and why. */
export function gateSentence({ scaler, spill, atMs }: SystemView): string {
  const open = spill.isOpen === null ? 'unknown' : spill.isOpen ? 'open' : 'shut';
  if (spill.gate !== null && spill.gateReason !== null) {
    const said = `the scaler says ${spill.gate}: ${gateReasonWords(spill.gateReason)}`;
    const isObeyed = spill.isOpen === null || spill.isOpen === (spill.gate === 'open');
    if (isObeyed) return `spill is ${open}; ${said}`;
    const why = spill.isOpen ? `${justSaid}, ${orFewer}` : justSaid;
    return `spill is ${open}; ${said} (${why})`;
  }
  const rule = 'the dispatcher goes by each deadline alone';
  switch (scaler.state) {
    case 'never':
      return `spill is ${open}; no scaler has spoken, so ${rule}`;
    case 'silent':
    case 'speaking': {
      const ago = span(atMs - scaler.spokeAtMs);
      const since = formatRfc3339(scaler.spokeAtMs);
      return `spill is ${open}; no scaler has spoken for ${ago}, since ${since}, so ${rule}`;
    }
  }
}

function gateReasonWords(reason: SpillGateReason): string {
  switch (reason) {
    case 'overload':
      return 'ready and booting GPU workers cannot do in time what is due';
    case 'gpu-in-time':
      return 'ready and booting GPU workers do in time what is due';
    case 'hold':
      return 'GPU workers can do in time what is due again, but only for a short while';
    case 'unknown':
      return 'what is due is not known, so each deadline decides';
    case 'no-gpu':
      return 'there is no GPU worker';
    case 'operator':
      return 'the operator wants it so';
  }
}
