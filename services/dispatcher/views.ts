import { createBrokerClock } from '../shared/clock/broker-clock.ts';
import type { BrokerClock } from '../shared/clock/broker-clock.ts';
import type { Clock } from '../shared/clock/ports.ts';
import { createDirectiveView } from './dispatching/directive-view.ts';
import type { DirectiveView } from './dispatching/directive-view.ts';
import { createFleetView } from './dispatching/fleet-view.ts';
import type { FleetView } from './dispatching/fleet-view.ts';
import { createKnownIdentities } from './reading/known-identities.ts';
import type { KnownIdentities } from './reading/known-identities.ts';
import { createKnownSpeeds } from './dispatching/known-speeds.ts';
import type { KnownSpeeds } from './dispatching/known-speeds.ts';
import { createMediaLengths } from './knowledge/media-lengths.ts';
import type { MediaLengths } from './knowledge/media-lengths.ts';
import type { DispatchSettings } from './knowledge/term-state.ts';

/** What every dispatcher knows, active or standing by, and keeps over its terms. */
export interface Views {
  readonly fleet: FleetView;
  readonly directive: DirectiveView;
  readonly known: KnownIdentities;
  /** How far the outcomes are read, by partition key. */
  readonly outcomePositions: Map<string, number>;
  readonly lengths: MediaLengths;
  readonly speeds: KnownSpeeds;
  readonly brokerClock: BrokerClock;
}

export const createViews = (clock: Clock, settings: DispatchSettings): Views => ({
  fleet: createFleetView(),
  directive: createDirectiveView(),
  known: createKnownIdentities(),
  outcomePositions: new Map(),
  lengths: createMediaLengths(),
  speeds: createKnownSpeeds(settings.plan.unmeasuredSpeed),
  brokerClock: createBrokerClock(clock),
});
