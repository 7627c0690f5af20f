import { describeDecision } from '../../policy/scaling/describe-decision.ts';
import { formatRfc3339 } from '../../shared/chunk/rfc3339.ts';
import type { Colours } from '../terminal.ts';
import { wordSentence } from './operator-words.ts';
import { span } from './spans.ts';
import { gateSentence, spillSentence } from './spill-words.ts';
import type { ComingView, PriorityView, Speech, SystemView, WorkersView } from './system-view.ts';
import { table } from './table.ts';

/** The whole view as lines for a person. */
export function viewLines(view: SystemView, colours: Colours): readonly string[] {
  return [
    speakersLine(view, colours),
    ...priorityLines(view, colours),
    ...workerLines(view, colours),
    ...comingLines(view),
    `spill    ${gateSentence(view)}`,
    `         ${spillSentence(view)}`,
    ...wordLines(view),
    ...decisionLines(view),
  ];
}

/** Who speaks, and since when those are silent who do not. */
function speakersLine(view: SystemView, colours: Colours): string {
  const { dispatcher, scaler, atMs } = view;
  const time = formatRfc3339(atMs).slice(11, 19);
  const leader = scaler.leader === null ? '' : ` (term ${scaler.leader.term})`;
  const order = dispatcher.order === null ? '' : `, ${dispatcher.order.replace('-', ' ')} first`;
  return [
    colours.strong(time),
    `dispatcher ${speechWords(dispatcher, atMs, colours)}${order}`,
    `scaler ${speechWords(scaler, atMs, colours)}${leader}`,
  ].join('  ');
}

function speechWords(speech: Speech, atMs: number, colours: Colours): string {
  switch (speech.state) {
    case 'never':
      return colours.bad('has never spoken');
    case 'speaking':
      return 'speaks';
    case 'silent':
      return colours.bad(`silent for ${span(atMs - speech.spokeAtMs)}`);
  }
}

function priorityLines(view: SystemView, colours: Colours): readonly string[] {
  const head = ['PRIORITY', 'LAG', 'OLDEST', 'WAITING', 'ON GPU', 'ON CPU', 'ON TIME', 'LATE', 'SPILLED', 'EXPIRED', 'DEAD']; // prettier-ignore
  return table([head, ...view.priorities.map(priorityRow)], colours);
}

function priorityRow(row: PriorityView): readonly string[] {
  const known = (value: number | null): string => (value === null ? 'unknown' : String(value));
  const onTime = row.onTimeFraction;
  return [
    row.priority,
    known(row.lagChunks),
    row.oldestAgeMs === null ? '-' : span(row.oldestAgeMs),
    known(row.waitingChunks),
    known(row.gpuChunks),
    known(row.cpuChunks),
    onTime === null ? '-' : `${(Math.floor(onTime * 1000) / 10).toFixed(1)} %`,
    String(row.late),
    String(row.spilledChunks),
    String(row.expired),
    String(row.deadLetters),
  ];
}

function workerLines(view: SystemView, colours: Colours): readonly string[] {
  if (view.workers.length === 0) return ['workers  none is heard'];
  const head = ['WORKERS', 'READY', 'LOADING', 'DRAINING', 'SLOTS', 'IN HAND', 'SPEED PER SLOT'];
  return table([head, ...view.workers.map(workersRow)], colours);
}

function workersRow(row: WorkersView): readonly string[] {
  const speed = row.slotSpeed === null ? 'not measured yet' : `${row.slotSpeed.toFixed(1)}x`;
  return [
    `${row.kind} ${row.pool}${row.emulated ? ' (emulated)' : ''}`,
    ...[row.workers.ready, row.workers.loading, row.workers.draining].map(String),
    String(row.slots),
    String(row.inHandChunks),
    speed,
  ];
}

function comingLines({ coming }: SystemView): readonly string[] {
  if (coming.length === 0) return [];
  const parts = coming.map(({ pool, slots, inMs }: ComingView) => {
    const what = `${slots} ${slots === 1 ? 'slot' : 'slots'}${pool === null ? '' : ` of ${pool}`}`;
    return inMs === 0 ? `${what} due now` : `${what} in ${span(inMs)}`;
  });
  return [`coming   ${parts.join(', ')}`];
}

/** What people said: it binds the decision below. */
const wordLines = ({ words, atMs }: SystemView): readonly string[] =>
  words.map((word) => `said     ${wordSentence(word, atMs)}`);

/** The last decision in words, and how long ago it was made. */
function decisionLines({ decision, atMs }: SystemView): readonly string[] {
  if (decision === null) return ['decided  nothing yet'];
  const ago = span(Math.max(0, atMs - decision.decision.atMs));
  return [
    `decided  ${ago} ago`,
    ...describeDecision(decision.decision).map((line) => `         ${line}`),
  ];
}
