import { afterAll, beforeAll, expect, it } from 'vitest';
import { Keeper } from '../../services/local/processes/keeper.ts';
import { startLocalSystem } from '../../services/local/system/local-system.ts';
import type { LocalSystem } from '../../services/local/system/local-system.ts';
import { doneHeader, parseDone } from '../../services/shared/chunk/done-record.ts';
import type { Done } from '../../services/shared/chunk/done-record.ts';
import { parseHeartbeat } from '../../services/shared/chunk/fleet.ts';
import type { Heartbeat } from '../../services/shared/chunk/fleet.ts';
import { encodeLaneOrder, laneOrderHeader } from '../../services/shared/chunk/lane-record.ts';
import { encodePoolOrder } from '../../services/shared/chunk/node-pools.ts';
import type { WorkerKind } from '../../services/shared/chunk/words.ts';
import { seededRandom } from '../../services/shared/clock/manual.ts';
import { systemClock } from '../../services/shared/clock/system.ts';
import type { ReceivedRecord } from '../../services/shared/kafka/ports.ts';
import { headerTexts, textHeaders } from '../../services/shared/kafka/record-headers.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { Installation } from '../support/installation/installation.ts';
import { eventually } from '../support/process-probe.ts';
import { raise } from '../support/raise.ts';

const gpuSpeed = 4;
const cpuSpeed = 1;
const bootMs = 1000;
const framesPerSecond = 10;
/** Generous: programs start, boot and drain on a machine that may be busy with others. */
const withinMs = 20_000;

interface Heard {
  /** The last word of each worker; those that left are gone from it. */
  readonly workers: ReadonlyMap<string, Heartbeat>;
  readonly done: readonly { readonly word: Done; readonly body: unknown }[];
}

async function listen({ kafka, topics }: Installation): Promise<Heard & { stop(): Promise<void> }> {
  const workers = new Map<string, Heartbeat>();
  const done: { word: Done; body: unknown }[] = [];
  const note = ({ topic, key, value, headers }: ReceivedRecord): void => {
    const text = value?.toString() ?? '';
    if (topic === topics.done) {
      const word = parseDone(headerTexts(headers).get(doneHeader) ?? '');
      if (word.ok) done.push({ word: word.value, body: text === '' ? null : JSON.parse(text) });
      return;
    }
    const heartbeat = parseHeartbeat(text);
    if (heartbeat.ok) workers.set(heartbeat.value.worker, heartbeat.value);
    else workers.delete(key?.toString() ?? '');
  };
  const follower = kafka.topicFollower();
  await follower.start({
    topics: [topics.done, topics.fleet],
    from: 'beginning',
    onBatch: ({ records }) => records.forEach(note),
    onFatal: raise,
  });
  return { workers, done, stop: () => follower.stop() };
}

describeWithKafka('the emulated workers of local nodes', () => {
  let installation: Installation;
  let heard: Awaited<ReturnType<typeof listen>>;
  let system: LocalSystem;
  const keeper = new Keeper();
  let sent = 0;
  let sequence = 0;
  /** It leaves no word that it is gone. */
  let killed = '';

  beforeAll(async () => {
    const brokers = kafkaAddresses();
    const prefix = uniqueTopicPrefix();
    installation = await Installation.open({ brokers, prefix });
    heard = await listen(installation);
    system = await startLocalSystem({
      brokers,
      topicPrefix: prefix,
      claimRoot: installation.claimRoot,
      modelRepositories: [],
      dispatchers: 0,
      cpu: { workers: 1, slots: 1, emulatedSpeed: cpuSpeed },
      gpu: {
        pool: 'gpus',
        nodesMin: 0,
        nodesMax: 2,
        nodesAtStart: 1,
        bootMs,
        slotsPerNode: 2,
        emulatedSpeed: gpuSpeed,
        pricePerHour: 1,
      },
      scalers: 0,
      spill: 'auto',
      tickMs: 1000,
      environment: {},
      ownEnvironment: {},
      keeper,
      clock: systemClock,
      random: seededRandom(1),
      onLog: () => undefined,
      report: () => undefined,
    });
  });

  afterAll(async () => {
    await system?.stop();
    await heard?.stop();
    await installation?.stop();
    await keeper.close();
  });

  /** One chunk of so many seconds of video straight into a lane; returns its number. */
  async function send(kind: WorkerKind, seconds: number): Promise<number> {
    sent += 1;
    const nowMs = systemClock.nowMs();
    const order = encodeLaneOrder({
      assignment: {
        coordinates: { priority: 'live', partition: 0, offset: sent },
        term: 'test',
        number: 1,
      },
      source: 'camera',
      id: String(sent),
      model: null,
      startMs: 0,
      durationMs: seconds * 1000,
      contentType: null,
      dataref: null,
      declaredSha256: null,
      submittedAtMs: nowMs,
      deadlineAtMs: nowMs + 60_000,
      attempt: 1,
      excludedWorkers: [],
      dispatchedAtMs: nowMs,
      startByMs: nowMs + 60_000,
      spilled: kind === 'cpu',
    });
    const sink = await installation.kafka.recordSink();
    await sink.send([
      {
        topic: installation.topics.lane({ kind, priority: 'live' }),
        partition: 0,
        key: null,
        value: encodeClip({ frames: seconds * framesPerSecond, framesPerSecond }),
        headers: textHeaders([[laneOrderHeader, order]]),
      },
    ]);
    await sink.close();
    return sent;
  }

  const until = (what: string, isTrue: () => boolean): Promise<void> =>
    eventually(what, isTrue, withinMs);

  const doneOf = (number: number) =>
    heard.done.find(({ word }) => word.assignment.coordinates.offset === number);

  /** The ready worker on a node, other than `not`. */
  const readyOn = (node: string | null, not = ''): Heartbeat | undefined =>
    [...heard.workers.values()].find(
      (each) => each.node === node && each.state === 'ready' && each.worker !== not,
    );

  async function orderNodes(nodesDesired: number): Promise<number> {
    sequence += 1;
    const body = encodePoolOrder({ nodesDesired, leader: { term: 1, sequence } });
    const response = await fetch(`${system.nodes?.url}/pools/gpus`, { method: 'PUT', body });
    return response.status;
  }

  const phases = (): readonly string[] =>
    (system.nodes?.pools() ?? []).flatMap(({ nodes }) =>
      nodes.map(({ node, phase }) => `${node} ${phase}`),
    );

  it('compute really, on the CPU, at the speed of what they stand for, and say so', async () => {
    const kinds = ['gpu', 'gpu', 'cpu'] as const;
    const numbers: number[] = [];
    for (const kind of kinds) numbers.push(await send(kind, 0.4));
    await until('all are done', () => numbers.every(doneOf));
    for (const [index, kind] of kinds.entries()) {
      const { word, body } = doneOf(numbers[index] ?? 0) ?? {};
      const leastMs = 400 / (kind === 'gpu' ? gpuSpeed : cpuSpeed);
      expect(word).toMatchObject({ kind: 'result', durationMs: 400 });
      expect(body).toMatchObject({ device: kind, executionProvider: 'cpu', emulated: true });
      expect(body).toHaveProperty('frames.length', 1);
      expect(word?.kind === 'result' ? word.computeMs : 0).toBeGreaterThanOrEqual(leastMs);
    }
    expect(readyOn('gpus-1')).toMatchObject({ kind: 'gpu', pool: 'gpus', slots: 2 });
    expect(readyOn(null)).toMatchObject({ kind: 'cpu', pool: 'local', slots: 1 });
    for (const { emulated, models } of heard.workers.values()) {
      expect([emulated, models[0]?.executionProvider]).toEqual([true, 'cpu']);
    }
  });

  it('are started again on the same node when they die', async () => {
    killed = readyOn('gpus-1')?.worker ?? '';
    system.gpuWorkers().get('gpus-1')?.program.kill('SIGKILL');
    await until('another one is ready', () => readyOn('gpus-1', killed) !== undefined);
    expect(phases()).toEqual(['gpus-1 allocatable']);
  });

  it('come with a node that boots, and leave before it, giving back what they cannot finish', async () => {
    expect(await orderNodes(2)).toBe(204);
    expect(phases()).toHaveLength(2);
    await until('the worker of the new node is ready', () => readyOn('gpus-2') !== undefined);
    const long = await send('gpu', 40);
    await until('it is in hand', () =>
      [...heard.workers.values()].some(({ inHand }) => inHand.length > 0),
    );
    expect(await orderNodes(0)).toBe(204);
    expect(phases().filter((phase) => !phase.endsWith(' leaving'))).toEqual([]);
    await until('all nodes are gone', () => phases().length === 0);
    await until('it was given back', () => doneOf(long) !== undefined);
    expect(doneOf(long)?.word.kind).toBe('released');
    await until('they have left the fleet', () =>
      [...heard.workers.values()].every(({ kind, worker }) => kind === 'cpu' || worker === killed),
    );
    expect(system.gpuWorkers().size).toBe(0);
    expect(system.nodes?.pools()[0]?.nodePaidMs).toBeGreaterThan(bootMs);
  });
});
