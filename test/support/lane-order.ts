import type { LaneOrder } from '../../services/shared/chunk/lane-record.ts';
import { assignmentOf } from './dispatcher-term.ts';

/** The order of a chunk that says as little as one can. */
export const laneOrder: LaneOrder = {
  assignment: assignmentOf('live/0/1'),
  source: 'camera',
  id: '1',
  model: null,
  startMs: 0,
  durationMs: null,
  contentType: null,
  dataref: null,
  declaredSha256: null,
  submittedAtMs: 0,
  deadlineAtMs: 0,
  attempt: 1,
  excludedWorkers: [],
  dispatchedAtMs: 0,
  startByMs: 0,
  spilled: false,
};
