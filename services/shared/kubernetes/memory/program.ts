import type { Clock, Random } from '../../clock/ports.ts';
import type { ReflectorSettings } from '../reflector/pace.ts';
import type { Link } from './link.ts';
import type { ObjectStore } from './object-store.ts';

/** What every part of one program's side of the twin shares. */
export interface MemoryProgram {
  readonly store: ObjectStore;
  readonly link: Link;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: ReflectorSettings;
  /** The open watches of the program. */
  readonly watches: Set<{ readonly end: () => void; readonly breakOff: () => void }>;
}
