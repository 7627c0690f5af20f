import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refOf } from '../../support/keda/keda-client.ts';
import {
  cpuAsked,
  gpuAsked,
  gpuWanted,
  servedDirectives,
} from '../../support/keda/served-directives.ts';
import type { ServedDirectives } from '../../support/keda/served-directives.ts';

const spec = { metricSpecs: [{ metricName: 'workers', targetSize: 1, targetSizeFloat: 1 }] };
const metricsOf = (value: number): object => ({
  metricValues: [{ metricName: 'workers', metricValue: value, metricValueFloat: value }],
});

let served: ServedDirectives;
beforeEach(async () => {
  served = await servedDirectives();
});
afterEach(() => served.closeAll());

describe('openKedaServer', () => {
  test('a poll gets the replicas of the published directive, target 1 and the group’s activity', async () => {
    const { client } = await served.open();
    const cpu = { kind: 'cpu', pool: null, replicas: 3, isActive: true } as const;
    await served.publish([gpuWanted(7), cpu]);
    expect(await client.poll(gpuAsked)).toEqual({
      spec,
      metrics: metricsOf(7),
      isActive: { result: true },
    });
    expect((await client.poll(cpuAsked)).metrics).toEqual(metricsOf(3));
  });

  test('workers that hold work are not sent to zero, and 0 is told only when nobody does', async () => {
    const { client } = await served.open();
    await served.publish([gpuWanted(0, true)]);
    const busy = await client.poll(gpuAsked);
    expect(busy).toEqual({ spec, metrics: metricsOf(1), isActive: { result: true } });
    await served.clock.elapseMs(3000);
    await served.publish([gpuWanted(0, false)]);
    const idle = await client.poll(gpuAsked);
    expect(idle).toEqual({ spec, metrics: metricsOf(0), isActive: { result: false } });
  });

  test('leader and stand-by answer the same numbers, whichever is asked', async () => {
    const scalers = [await served.open(), await served.open()];
    for (const replicas of [2, 9, 0]) {
      await served.publish([gpuWanted(replicas)]);
      await served.clock.elapseMs(3000);
      const answers = await Promise.all(scalers.map(({ client }) => client.poll(gpuAsked)));
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.metrics).toEqual(metricsOf(replicas));
    }
  });

  test('the calls of one poll agree though a directive is published between them', async () => {
    const { client } = await served.open();
    await served.publish([gpuWanted(5)]);
    expect(await client.call('GetMetricSpec', refOf(gpuAsked))).toEqual(spec);
    await served.publish([gpuWanted(0, false)]);
    const request = { scaledObjectRef: refOf(gpuAsked), metricName: 'workers' };
    expect(await client.call('GetMetrics', request)).toEqual(metricsOf(5));
    expect(await client.call('IsActive', refOf(gpuAsked))).toEqual({ result: true });
    await served.clock.elapseMs(600);
    expect((await client.poll(gpuAsked)).metrics).toEqual(metricsOf(0));
  });

  test('without a fresh directive the number is refused, never 0, and the metric keeps its name', async () => {
    const { client } = await served.open();
    const none = { code: 'UNAVAILABLE', line: expect.stringContaining('no scaler has published') };
    expect(await client.poll(gpuAsked)).toEqual({ spec, metrics: none, isActive: none });
    await served.publish([gpuWanted(4)]);
    await served.clock.elapseMs(29_000);
    expect((await client.poll(gpuAsked)).metrics).toEqual(metricsOf(4));
    await served.clock.elapseMs(1500);
    const expired = {
      code: 'UNAVAILABLE',
      line:
        'how many workers are wanted is not known: the last directive expired at ' +
        '2023-11-14T22:13:50.001Z; no scaler leads, or it cannot publish; leave them as they are',
    };
    expect(await client.poll(gpuAsked)).toEqual({ spec, metrics: expired, isActive: expired });
    await served.publish([gpuWanted(4)]);
    expect((await client.poll(gpuAsked)).metrics).toEqual(metricsOf(4));
  });

  test('a scaler that Kafka does not answer refuses, before its last directive expires', async () => {
    const { client, kafka } = await served.open();
    await served.publish([gpuWanted(4)]);
    kafka.faults.cutOff();
    await served.clock.elapseMs(7000);
    expect((await client.poll(gpuAsked)).isActive).toMatchObject({
      code: 'UNAVAILABLE',
      line: expect.stringContaining('does Kafka answer?'),
    });
    kafka.faults.recover();
    await served.clock.elapseMs(2000);
    expect((await client.poll(gpuAsked)).metrics).toEqual(metricsOf(4));
  });

  test('workers of which the leader says nothing yet are left as they are', async () => {
    const { client } = await served.open();
    await served.publish([gpuWanted(2)]);
    const unsaid = {
      code: 'UNAVAILABLE',
      line: expect.stringContaining('does not say it of these'),
    };
    expect(await client.poll(cpuAsked)).toEqual({ spec, metrics: unsaid, isActive: unsaid });
  });

  test('a directive of a later version is refused as what it is', async () => {
    const { client } = await served.open();
    await served.say('{"leader":{"term":9,"sequence":1},"newWords":true}');
    expect((await client.poll(gpuAsked)).metrics).toMatchObject({
      code: 'UNAVAILABLE',
      line: expect.stringMatching(/the directive at offset 0 cannot be read: /),
    });
  });

  test.each([
    [{ pool: 'l4' }, 'INVALID_ARGUMENT', 'kind is not set; it must be gpu or cpu'],
    [{ kind: 'tpu' }, 'INVALID_ARGUMENT', 'kind is "tpu"; it must be gpu or cpu'],
    [{ kind: 'gpu' }, 'INVALID_ARGUMENT', 'pool is not set; with kind gpu it must name a pool'],
    [{ kind: 'cpu', pool: 'a' }, 'INVALID_ARGUMENT', 'leave pool out'],
    [
      { kind: 'gpu', poool: 'l4' },
      'INVALID_ARGUMENT',
      '"poool" is no key of it; there are kind, pool',
    ],
    [{ kind: 'cpu', topicPrefix: 'x.' }, 'INVALID_ARGUMENT', 'but this scaler is of "spillway."'],
    [
      { kind: 'gpu', pool: 'h100' },
      'NOT_FOUND',
      'pool is "h100", which this scaler does not size; there are l4',
    ],
    [{ kind: 'cpu' }, 'NOT_FOUND', 'set SPILLWAY_CPU_WORKERS_MIN'],
  ])('a trigger with %j is refused with %s', async (metadata, code, line) => {
    const { client } = await served.open({ sized: [{ kind: 'gpu', pool: 'l4' }] });
    const refusal = { code, line: expect.stringContaining(line) };
    const asked = { name: 'wrong', metadata };
    expect(await client.poll(asked)).toEqual({
      spec: refusal,
      metrics: refusal,
      isActive: refusal,
    });
    expect(await client.stream('StreamIsActive', asked).next()).toEqual(refusal);
  });

  test('a metric of another name is not there', async () => {
    const { client } = await served.open();
    await served.publish([gpuWanted(2)]);
    const request = { scaledObjectRef: refOf(gpuAsked), metricName: 'lag' };
    expect(await client.call('GetMetrics', request)).toEqual({
      code: 'NOT_FOUND',
      line: 'there is no metric "lag", only workers',
    });
    expect(await client.call('GetMetrics', { metricName: 'workers' })).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test('a stream tells the activity at once, at each change and nothing in between', async () => {
    const { client } = await served.open();
    await served.publish([gpuWanted(0, false)]);
    const stream = client.stream('StreamIsActive', gpuAsked);
    expect(await stream.next()).toEqual({ result: false });
    await served.publish([gpuWanted(2)]);
    expect(await stream.next()).toEqual({ result: true });
    await served.publish([gpuWanted(3)]);
    await served.clock.elapseMs(40_000);
    await served.publish([gpuWanted(0, false)]);
    expect(await stream.next()).toEqual({ result: false });
  });

  test('a stream that was opened before anything is known speaks once it is', async () => {
    const { client } = await served.open();
    const stream = client.stream('StreamIsActive', gpuAsked);
    const first = stream.next();
    await client.poll(gpuAsked);
    await served.publish([gpuWanted(1)]);
    expect(await first).toEqual({ result: true });
  });

  test('KEDA is told the metric on a stream as well, and streams of callers that went are forgotten', async () => {
    const { client, registry } = await served.open();
    const streams = ['StreamMetricSpec', 'StreamIsActive'].map((method) =>
      client.stream(method, gpuAsked),
    );
    expect(await streams[0]?.next()).toEqual(spec);
    const countedStreams = async (): Promise<unknown> => {
      await served.clock.elapseMs(1000);
      return (await registry.getSingleMetric('spillway_scaler_keda_streams')?.get())?.values[0]
        ?.value;
    };
    await client.poll(gpuAsked);
    expect(await countedStreams()).toBe(2);
    for (const stream of streams) stream.cancel();
    await expect.poll(countedStreams).toBe(0);
  });

  test('closing ends the streams and the port', async () => {
    const { client, server } = await served.open();
    const stream = client.stream('StreamIsActive', gpuAsked);
    await client.poll(gpuAsked);
    const closed = server.close();
    expect(await stream.next()).toMatchObject({ code: 'END' });
    await served.clock.elapseMs(1000);
    await closed;
    expect(await client.call('IsActive', refOf(gpuAsked))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('a caller that is refused is one line of the log, however often it asks', async () => {
    const { client, log, registry } = await served.open();
    for (let poll = 0; poll < 3; poll += 1) await client.poll(gpuAsked);
    await served.publish([gpuWanted(1)]);
    await client.poll(gpuAsked);
    const told = log.lines.filter(({ event }) => event.startsWith('keda-refused'));
    expect(told.map(({ fields }) => fields['method'])).toEqual(['GetMetrics', 'IsActive']);
    expect(told[0]?.fields.message).toMatch(
      /^spillway\/spillway-gpu-worker-l4 asked GetMetrics and/,
    );
    expect(log.lines.filter(({ event }) => event === 'keda-answered')).toHaveLength(2);
    const metrics = await registry.metrics();
    expect(metrics).toContain(
      'spillway_scaler_keda_calls_total{method="GetMetrics",code="UNAVAILABLE"} 3',
    );
    expect(metrics).toContain('spillway_scaler_keda_call_seconds_count{method="IsActive"} 4');
  });
});
