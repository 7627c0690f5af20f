import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWatchLine, WatchLines } from '../../../services/shared/kubernetes/api/watch-lines.ts';
import { runs } from './seed.ts';

describe('the lines of a watch', () => {
  it('are the same wherever the network cuts them', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), fc.array(fc.nat(400)), (events, cuts) => {
        const text = events.map((event) => `${event}\n`).join('');
        const lines = new WatchLines();
        const points = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const found = points
          .slice(1)
          .flatMap((point, index) => lines.push(text.slice(points[index], point)));
        expect(found).toEqual(events);
        expect(lines.isCutOff()).toBe(false);
      }),
      runs,
    );
  });

  it('give an event or an error, whatever they hold', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (line) => {
        try {
          expect(parseWatchLine(line).type).toBe('ERROR');
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      runs,
    );
  });
});
