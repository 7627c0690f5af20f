import type { Random } from '../../shared/clock/ports.ts';
import { drawBetween, drawChance } from './chance.ts';
import { colourFromHue, type Colour } from './colour.ts';

/** A colour that a house, car, coat, bin or poster may have: nobody owns a colour here. */
export function anyColour(random: Random): Colour {
  if (drawChance(random, 0.3)) {
    const level = drawBetween(random, 28, 235);
    return [level, level, level + drawBetween(random, -8, 8)];
  }
  return colourFromHue(
    random.next(),
    drawBetween(random, 0.3, 0.9),
    drawBetween(random, 0.3, 0.95),
  );
}
