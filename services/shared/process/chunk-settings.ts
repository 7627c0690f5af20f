import { mebibyte, sizeLimits } from '../chunk/limits.ts';
import type { SizeLimits } from '../chunk/limits.ts';
import { group } from './environment.ts';
import { wholeNumber } from './setting.ts';

/** How large a chunk may be: for every process that reads or writes chunks, so that all agree. */
export const chunkSettings = group(
  {
    inlineMebibytes: wholeNumber('SPILLWAY_INLINE_MEBIBYTES', {
      purpose:
        'Largest video inside a record; topic, fetch and producer sizes follow. Larger chunks are ' +
        'claim checks. The same for all processes, and `topics ensure` after a change.',
      min: 1,
      max: 64,
      default: 8,
    }),
  },
  ({ inlineMebibytes }): SizeLimits => sizeLimits(inlineMebibytes * mebibyte),
);
