import { seconds } from './setting.ts';

/** Time from submission to deadline, by priority: for every process that reckons with deadlines. */
export const objectiveSettings = {
  live: seconds('SPILLWAY_OBJECTIVE_LIVE_SECONDS', {
    purpose: 'Time from submission to deadline of live chunks that bring no deadline.',
    min: 1,
    max: 86_400,
    default: 30,
  }),
  standard: seconds('SPILLWAY_OBJECTIVE_STANDARD_SECONDS', {
    purpose: 'The same for standard chunks.',
    min: 1,
    max: 86_400,
    default: 300,
  }),
  bulk: seconds('SPILLWAY_OBJECTIVE_BULK_SECONDS', {
    purpose: 'The same for bulk chunks.',
    min: 1,
    max: 604_800,
    default: 3600,
  }),
};
