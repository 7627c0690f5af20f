import { expect, it, onTestFinished } from 'vitest';
import { NodeAgent } from '../../../../services/local/nodes/node-agent.ts';
import { encodePoolOrder, parsePools } from '../../../../services/shared/chunk/node-pools.ts';
import type { PoolState } from '../../../../services/shared/chunk/node-pools.ts';
import { ManualClock, seededRandom } from '../../../../services/shared/clock/manual.ts';
import { fakePrograms } from '../../../support/fake-programs.ts';

async function openAgent() {
  const clock = new ManualClock(0);
  const programs = fakePrograms();
  const shape = { nodesMax: 4, nodesAtStart: 1, bootMs: 20_000, bootSpreadFraction: 0 };
  const agent = await NodeAgent.open({
    pools: ['a', 'b'].map((pool) => ({ ...shape, pool })),
    clock,
    random: seededRandom(1),
    startProgram: programs.start,
  });
  onTestFinished(async () => {
    const closed = agent.close();
    for (const node of programs.started) programs.end(node);
    await closed;
  });
  const list = async (): Promise<readonly PoolState[]> => {
    const parsed = parsePools(await (await fetch(`${agent.url}/pools`)).text());
    if (!parsed.ok) throw new RangeError(parsed.problem);
    return parsed.value.pools;
  };
  const put = async (path: string, body: string): Promise<readonly [number, string]> => {
    const response = await fetch(`${agent.url}${path}`, { method: 'PUT', body });
    return [response.status, await response.text()];
  };
  const order = (pool: string, nodesDesired: number, [term, sequence]: [number, number]) =>
    put(`/pools/${pool}`, encodePoolOrder({ nodesDesired, leader: { term, sequence } }));
  return { agent, clock, programs, list, put, order };
}

it('gives its pools and takes orders over HTTP', async () => {
  const { clock, list, order } = await openAgent();
  expect(await order('a', 2, [1, 1])).toEqual([204, '']);
  await clock.elapseMs(3000);
  const [a, b] = await list();
  expect(a).toMatchObject({ pool: 'a', nodesDesired: 2, problem: null });
  expect(a?.nodes.map(({ node, phase }) => [node, phase])).toEqual([
    ['a-1', 'allocatable'],
    ['a-2', 'launched'],
  ]);
  expect(a?.nodes[1]?.reached).toEqual([
    { phase: 'ordered', agoMs: 3000 },
    { phase: 'launched', agoMs: 1000 },
  ]);
  expect(b).toMatchObject({ pool: 'b', nodesDesired: 1 });
});

it('obeys the leader that spoke last, whichever pool it spoke of, and refuses earlier ones', async () => {
  const { list, order } = await openAgent();
  expect((await order('a', 3, [2, 5]))[0]).toBe(204);
  // One tick orders for several pools with one stamp, and may ask again after a lost answer.
  expect((await order('b', 2, [2, 5]))[0]).toBe(204);
  expect((await order('a', 3, [2, 5]))[0]).toBe(204);
  const earlier: [number, number][] = [
    [2, 4],
    [1, 9],
  ];
  for (const stamp of earlier) {
    const [status, text] = await order('b', 0, stamp);
    expect(status).toBe(409);
    expect(text).toBe(
      `The order of term ${stamp[0]}, sequence ${stamp[1]} comes after one of term 2, sequence 5, which holds: another scaler leads.\n`,
    );
  }
  expect((await list()).map(({ nodesDesired }) => nodesDesired)).toEqual([3, 2]);
  expect((await order('b', 0, [3, 1]))[0]).toBe(204);
  expect((await list())[1]?.nodesDesired).toBe(0);
});

it('says what is wrong with what it cannot do, and does nothing', async () => {
  const { agent, list, put, order } = await openAgent();
  expect(await order('c', 1, [9, 1])).toEqual([404, 'There is no pool c; there are a, b.\n']);
  expect((await put('/pools/a', 'more'))[0]).toBe(400);
  expect(await put('/pools/a', '{"nodesDesired":-1}')).toEqual([
    400,
    'This is no order: $.nodesDesired must be a whole number of 0 or more, found -1.\n',
  ]);
  expect((await put('/pools/a', ' '.repeat(10_000)))[0]).toBe(400);
  expect((await put('/nodes', ''))[0]).toBe(404);
  expect((await fetch(`${agent.url}/pools`, { method: 'DELETE' })).status).toBe(404);
  // None of them was heard: the first order of a first leader is obeyed.
  expect((await order('a', 2, [1, 1]))[0]).toBe(204);
  expect((await list())[0]?.nodesDesired).toBe(2);
});

it('tells those in its process of each change, until they have seen enough', async () => {
  const { agent, clock, order } = await openAgent();
  let told = 0;
  const endWatching = agent.onChange(() => (told += 1));
  await order('a', 2, [1, 1]);
  const afterOrder = told;
  expect(afterOrder).toBeGreaterThan(0);
  await clock.elapseMs(2000);
  expect(told).toBe(afterOrder + 1);
  expect(agent.pools()[0]?.nodes[1]).toMatchObject({ phase: 'launched', bootLeftMs: 18_000 });
  endWatching();
  await clock.elapseMs(60_000);
  expect(told).toBe(afterOrder + 1);
});

it('takes no orders once it is being closed, and is closed when its workers have ended', async () => {
  const { agent, programs, order } = await openAgent();
  const closed = agent.close();
  await expect(order('a', 4, [1, 1])).rejects.toThrow('fetch failed');
  expect(programs.asked).toEqual(['a-1', 'b-1']);
  for (const node of ['a-1', 'b-1']) programs.end(node);
  await closed;
  expect(agent.pools().flatMap(({ nodes }) => nodes)).toEqual([]);
});
