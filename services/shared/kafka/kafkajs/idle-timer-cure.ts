import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import type { Clock } from '../../clock/ports.ts';

/** kafkajs's own pace while requests wait for a free place in flight. */
const pendingCheckMs = 10;

/**
 * kafkajs re-arms a timer with a negative delay on every connection for ever, also with nothing to
 * send: a wake-up each millisecond (tulios/kafkajs#1556), and a TimeoutNegativeWarning from Node 24
 * on. The timer is needed only while requests wait. Idempotent; replaces the method for the process.
 */
export function cureIdleTimer(clock: Clock, queueClass: typeof RequestQueue = RequestQueue): void {
  queueClass.prototype.scheduleCheckPendingRequests = function scheduleOnlyWhenNeeded(
    this: RequestQueue,
  ): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const due = {};
    this.throttleCheckTimeoutId = due;
    const throttledMs = this.throttledUntil - clock.nowMs();
    clock.after(Math.max(throttledMs, pendingCheckMs), () => {
      if (this.throttleCheckTimeoutId !== due) return;
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    });
  };
}
