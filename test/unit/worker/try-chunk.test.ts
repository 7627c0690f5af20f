import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Done } from '../../../services/shared/chunk/done-record.ts';
import { createBrokerClock } from '../../../services/shared/clock/broker-clock.ts';
import { ManualClock } from '../../../services/shared/clock/manual.ts';
import type { Clock } from '../../../services/shared/clock/ports.ts';
import { createFileStore } from '../../../services/shared/object-store/file-store.ts';
import { recordedLog } from '../../../services/shared/process/recorded-log.ts';
import type { Executor, ExecutorOutcome } from '../../../services/worker/executor/ports.ts';
import { workerMetrics } from '../../../services/worker/metrics.ts';
import { tryChunk } from '../../../services/worker/try-chunk.ts';
import type { EndedTry } from '../../../services/worker/try-chunk.ts';
import { laneOrder } from '../../support/lane-order.ts';

const mediaMs = 2000;

const result: ExecutorOutcome = {
  kind: 'result',
  key: 'live/0/1@t.1',
  model: { name: 'm', version: '1', variant: 'fp32', executionProvider: 'cpu', device: 'gpu' },
  width: 320,
  height: 192,
  durationMs: mediaMs,
  firstPresentationMs: 0,
  frameStride: 1,
  framesPerSecond: 2,
  frames: [],
  decodeMs: 10,
  inferMs: 10,
};

const failure: ExecutorOutcome = {
  kind: 'failure',
  key: 'live/0/1@t.1',
  reason: 'corrupt',
  message: 'not a video',
  retriable: false,
};

/** Answers after `computeMs`, one chunk at a time. */
function executorTaking(clock: Clock, computeMs: number, outcome: ExecutorOutcome): Executor {
  return {
    models: [],
    slots: 1,
    available: async () => true,
    close: async () => undefined,
    execute: async (_, onOutcome) => {
      await clock.sleepMs(computeMs);
      onOutcome(outcome);
    },
  };
}

function startTry({
  computeMs = 30,
  emulatedSpeed,
  outcome = result,
}: {
  readonly computeMs?: number;
  readonly emulatedSpeed: number | null;
  readonly outcome?: ExecutorOutcome;
}) {
  const clock = new ManualClock(1_000_000);
  const log = recordedLog();
  const registry = new Registry();
  const giveUp = new AbortController();
  let ended: (EndedTry & { readonly atMs: number }) | null = null;
  const order = laneOrder;
  const record = {
    topic: 'gpu.live',
    partition: 0,
    offset: 0,
    key: null,
    value: Buffer.alloc(1),
    headers: [],
    timestampMs: 0,
  };
  void tryChunk(
    { order, record },
    {
      clock,
      broker: createBrokerClock(clock),
      store: createFileStore(null),
      executor: executorTaking(clock, computeMs, outcome),
      log,
      metrics: workerMetrics(registry),
      name: 'worker-a',
      pool: 'pool',
      claimBytesMax: 1,
      emulatedSpeed,
      givingUp: giveUp.signal,
    },
  ).then((end) => {
    ended = { ...end, atMs: clock.monotonicMs() };
  });
  const end = async (withinMs: number): Promise<EndedTry & { readonly atMs: number }> => {
    await clock.elapseMs(withinMs);
    if (ended === null) throw new Error(`the try has not ended within ${withinMs} ms`);
    return ended;
  };
  const finished = () => log.lines.find(({ event }) => event === 'chunk.finished')?.fields;
  const missed = async (): Promise<number> => {
    const name = 'spillway_worker_pace_missed_chunks_total';
    return (await registry.getSingleMetric(name)?.get())?.values[0]?.value ?? 0;
  };
  return { clock, giveUp, end, isOver: () => ended !== null, finished, missed };
}

const kindOf = ({ verdict }: EndedTry): Done['kind'] => verdict.done.kind;

describe('a chunk of a worker that is emulated', () => {
  it('takes as long as its video over the speed, though it is computed sooner', async () => {
    const { clock, end, isOver, finished, missed } = startTry({ emulatedSpeed: 20 });
    await clock.elapseMs(99);
    expect(isOver()).toBe(false);
    const ended = await end(1);
    expect(ended.atMs).toBe(100);
    expect(ended.verdict.done).toMatchObject({ kind: 'result', computeMs: 100 });
    expect(ended.verdict.body).toMatchObject({
      emulated: true,
      device: 'gpu',
      executionProvider: 'cpu',
      computeMs: 100,
      inferMs: 10,
    });
    expect(ended.speed).toEqual({ model: 'm', mediaMs, computeMs: 100 });
    expect(finished()).toMatchObject({ outcome: 'result', computeMs: 100 });
    expect(finished()).not.toHaveProperty('paceMissed');
    expect(await missed()).toBe(0);
  });

  it('says so where this machine was slower, and does not wait', async () => {
    const { end, finished, missed } = startTry({ emulatedSpeed: 20, computeMs: 150 });
    const ended = await end(150);
    expect(ended.verdict.done).toMatchObject({ kind: 'result', computeMs: 150 });
    expect(ended.speed).toEqual({ model: 'm', mediaMs, computeMs: 150 });
    expect(finished()).toMatchObject({ outcome: 'result', paceMissed: true });
    expect(await missed()).toBe(1);
  });

  it('is given back at once, undone, when the worker must stop before its time', async () => {
    const { clock, giveUp, end, isOver } = startTry({ emulatedSpeed: 0.1 });
    await clock.elapseMs(10_000);
    expect(isOver()).toBe(false);
    giveUp.abort();
    const ended = await end(0);
    expect([kindOf(ended), ended.verdict.body, ended.speed]).toEqual(['released', null, null]);
  });

  it('that cannot be computed has failed at once', async () => {
    const { end, finished, missed } = startTry({ emulatedSpeed: 0.1, outcome: failure });
    expect(kindOf(await end(30))).toBe('failure');
    expect(finished()).toMatchObject({ outcome: 'corrupt', computeMs: 30 });
    expect(await missed()).toBe(0);
  });
});

it('is done as soon as it is computed where nothing is emulated', async () => {
  const { end, finished } = startTry({ emulatedSpeed: null });
  const ended = await end(30);
  expect(ended.verdict.done).toMatchObject({ kind: 'result', computeMs: 30 });
  expect(ended.verdict.body).toMatchObject({ emulated: false });
  expect(finished()).not.toHaveProperty('paceMissed');
});
