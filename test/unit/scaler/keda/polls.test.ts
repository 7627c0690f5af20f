import { describe, expect, test } from 'vitest';
import { createPolls } from '../../../../services/scaler/keda/polls.ts';
import type { Polls } from '../../../../services/scaler/keda/polls.ts';
import { createWorkersView } from '../../../../services/scaler/keda/workers-view.ts';
import { createBrokerClock } from '../../../../services/shared/clock/broker-clock.ts';
import { ManualClock } from '../../../../services/shared/clock/manual.ts';
import { directiveBatch, directiveOf } from '../../../support/told-directive.ts';

interface Told {
  readonly polls: Polls;
  readonly clock: ManualClock;
  publish(sequence: number, lifetimeMs?: number): void;
  /** Sequence of the directive that a caller is answered from; `null`: of none. */
  answeredFrom(caller: string): number | null;
}

function told(): Told {
  const clock = new ManualClock(0);
  const brokerClock = createBrokerClock(clock);
  brokerClock.observe({ sentAtMonotonicMs: 0, acknowledgedAtMonotonicMs: 0, appendedAtMs: 0 });
  const view = createWorkersView({ clock, brokerClock });
  const polls = createPolls(clock, view);
  return {
    polls,
    clock,
    publish(sequence, lifetimeMs = 30_000) {
      const expiresAtMs = clock.nowMs() + lifetimeMs;
      const directive = directiveOf({ leader: { term: 1, sequence }, expiresAtMs });
      view.apply({ ...directiveBatch([directive]), askedAtMs: clock.monotonicMs() });
    },
    answeredFrom(caller) {
      const known = polls.read(caller);
      return known.kind === 'known' ? known.value.leader.sequence : null;
    },
  };
}

describe('createPolls', () => {
  test('a poll goes on with the directive that it began with, another caller with the newest', () => {
    const { polls, publish, answeredFrom } = told();
    publish(1);
    polls.begin('a');
    publish(2);
    expect([answeredFrom('a'), answeredFrom('b')]).toEqual([1, 2]);
  });

  test('a second poll of the same caller does not turn the first one over', () => {
    const { polls, clock, publish, answeredFrom } = told();
    publish(1);
    polls.begin('a');
    publish(2);
    clock.advanceMs(400);
    polls.begin('a');
    expect(answeredFrom('a')).toBe(1);
    clock.advanceMs(200);
    polls.begin('a');
    expect(answeredFrom('a')).toBe(2);
  });

  test('a poll that never ended is forgotten after two seconds', () => {
    const { polls, clock, publish, answeredFrom } = told();
    publish(1);
    polls.begin('a');
    publish(2);
    clock.advanceMs(2001);
    expect(answeredFrom('a')).toBe(2);
  });

  test('a poll does not outlast its directive', () => {
    const { polls, clock, publish, answeredFrom } = told();
    publish(1, 1000);
    polls.begin('a');
    clock.advanceMs(1001);
    expect(answeredFrom('a')).toBeNull();
  });

  test('a late word of a former leader changes nothing', () => {
    const { publish, answeredFrom } = told();
    publish(7);
    publish(3);
    expect(answeredFrom('a')).toBe(7);
  });
});
