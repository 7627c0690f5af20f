import { strike } from './faults.ts';
import type { History } from './history.ts';
import type { WorldOptions } from './options.ts';
import type { Sabotage } from './sabotage.ts';
import { World } from './world.ts';

export function runWorld(options: WorldOptions, sabotage: Sabotage = {}): Promise<History> {
  return new World(options, sabotage).run(strike);
}
