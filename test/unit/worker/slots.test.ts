import { describe, expect, it } from 'vitest';
import { createSlots } from '../../../services/worker/slots.ts';

const never = new AbortController().signal;

describe('the slots of a worker', () => {
  it('are given to as many as there are, then first come, first served', async () => {
    const slots = createSlots(2);
    const order: string[] = [];
    const take = async (name: string): Promise<void> => {
      if (await slots.acquire(never)) order.push(name);
    };
    const taken = ['a', 'b', 'c', 'd'].map((name) => take(name));
    await Promise.all(taken.slice(0, 2));
    expect(order).toEqual(['a', 'b']);
    slots.release();
    slots.release();
    await Promise.all(taken);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are given up by those who wait when they are told to stop', async () => {
    const slots = createSlots(1);
    await slots.acquire(never);
    const stopping = new AbortController();
    const waiting = slots.acquire(stopping.signal);
    stopping.abort();
    expect(await waiting).toBe(false);
    slots.release();
    expect(await slots.acquire(never)).toBe(true);
  });

  it('are not given to one that was told to stop before it asked', async () => {
    const slots = createSlots(1);
    const stopped = new AbortController();
    stopped.abort();
    expect(await slots.acquire(stopped.signal)).toBe(false);
    expect(await slots.acquire(never)).toBe(true);
  });

  it('are not lost when the one they were given to stops afterwards', async () => {
    const slots = createSlots(1);
    await slots.acquire(never);
    const stopping = new AbortController();
    const waiting = slots.acquire(stopping.signal);
    slots.release();
    stopping.abort();
    expect(await waiting).toBe(true);
    slots.release();
    expect(await slots.acquire(never)).toBe(true);
  });
});
