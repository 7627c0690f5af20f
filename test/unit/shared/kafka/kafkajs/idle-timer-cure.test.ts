import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../../../services/shared/clock/manual.ts';
import { cureIdleTimer } from '../../../../../services/shared/kafka/kafkajs/idle-timer-cure.ts';

class StockQueue extends RequestQueue {}
class CuredQueue extends RequestQueue {}

const options = { logger: { debug: () => undefined }, maxInFlightRequests: null };

/** How often an idle queue wakes up in a second, by kafkajs's own timers. */
function wakeUpsInASecond(queue: RequestQueue): number {
  vi.useFakeTimers();
  try {
    const checks = vi.spyOn(queue, 'checkPendingRequests');
    queue.checkPendingRequests();
    vi.advanceTimersByTime(1000);
    return checks.mock.calls.length - 1;
  } finally {
    queue.destroy();
    vi.useRealTimers();
  }
}

describe('the cure of kafkajs’s idle timer', () => {
  it('is needed: a stock queue with nothing to send wakes up each millisecond', () => {
    expect(wakeUpsInASecond(new StockQueue(options))).toBeGreaterThan(900);
  });

  it('lets a queue with nothing to send sleep', () => {
    const clock = new ManualClock(0);
    cureIdleTimer(clock, CuredQueue);
    expect(wakeUpsInASecond(new CuredQueue(options))).toBe(0);
    expect(clock.waitingCount()).toBe(0);
  });

  it('still sends what had to wait because the broker asked us to slow down', () => {
    const clock = new ManualClock(1_760_000_000_000);
    cureIdleTimer(clock, CuredQueue);
    const queue = new CuredQueue(options);
    const sent: string[] = [];
    vi.useFakeTimers({ now: clock.nowMs() });
    try {
      queue.throttledUntil = clock.nowMs() + 300;
      queue.push({
        entry: { correlationId: 1, resolve: () => undefined, reject: () => undefined },
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => void sent.push('request'),
      });
      vi.setSystemTime(clock.nowMs() + 299);
      clock.advanceMs(299);
      expect(sent).toEqual([]);
      vi.setSystemTime(clock.nowMs() + 2);
      clock.advanceMs(2);
      expect(sent).toEqual(['request']);
    } finally {
      queue.destroy();
      vi.useRealTimers();
    }
  });
});
