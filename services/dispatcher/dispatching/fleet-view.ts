import type { WorkerLoad } from '../../policy/dispatch/worker-load.ts';
import type { Heartbeat } from '../../shared/chunk/fleet.ts';
import { createFleetWatch } from '../../shared/kafka/fleet-watch.ts';
import type { FleetWatch, WatchedWorker } from '../../shared/kafka/fleet-watch.ts';

/** What a worker's words mean for the policy; each is asked for in hundreds of passes. */
type Abilities = Pick<WorkerLoad, 'priorities' | 'models' | 'speed'>;

/** The fleet as every dispatcher sees it, active or standing by. */
export type FleetView = FleetWatch<Abilities>;
export type Member = WatchedWorker<Abilities>;

export const createFleetView = (): FleetView => createFleetWatch(abilitiesOf);

const abilitiesOf = ({ partitions, models, speeds }: Heartbeat): Abilities => ({
  priorities: new Set(partitions.map(({ priority }) => priority)),
  models: new Set(models.map(({ name }) => name)),
  speed: speeds.length === 0 ? null : Math.min(...speeds.map(({ speed }) => speed)),
});
