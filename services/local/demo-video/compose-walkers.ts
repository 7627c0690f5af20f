import type { Random } from '../../shared/clock/ports.ts';
import { anyColour } from './any-colour.ts';
import { drawBetween, drawChance, drawOne, drawWhole } from './chance.ts';
import { colourFromHue } from './colour.ts';
import type { PersonLook } from './person.ts';
import type { Walker, Weather } from './scene.ts';
import { frameHeight, pixelsPerMetreAt, rows, streetWidth } from './street.ts';

/** People on both pavements: alone or two by two, walking or standing. */
export function composeWalkers(random: Random, seconds: number, weather: Weather): Walker[] {
  const walkers: Walker[] = [];
  const parties = { far: drawWhole(random, 2, 6), near: drawWhole(random, 1, 4) };
  for (let party = 0; party < parties.far + parties.near; party += 1) {
    const isFar = party < parties.far;
    const y = isFar
      ? drawBetween(random, rows.farWalk.top + 6, rows.farWalk.bottom - 1)
      : drawBetween(random, rows.nearWalk.top + 6, frameHeight - 2);
    const leader = composeWalker(random, { y, seconds, weather });
    walkers.push(leader);
    if (drawChance(random, 0.35)) {
      const metre = pixelsPerMetreAt(y);
      walkers.push({
        ...leader,
        startX: leader.startX + drawBetween(random, 0.45, 0.9) * metre,
        y: y + drawBetween(random, -1, 3),
        look: composePersonLook(random, weather),
        stridePhase: random.next(),
      });
    }
  }
  return walkers;
}

interface WalkerPlan {
  readonly y: number;
  readonly seconds: number;
  readonly weather: Weather;
}

function composeWalker(random: Random, { y, seconds, weather }: WalkerPlan): Walker {
  const isStanding = drawChance(random, 0.25);
  const direction = drawChance(random, 0.5) ? 1 : -1;
  const pixelsPerSecond = isStanding ? 0 : drawBetween(random, 0.7, 1.7) * pixelsPerMetreAt(y);
  // Anywhere on the way, so that people come into the picture during the whole clip.
  const wayPixels = pixelsPerSecond * seconds;
  const behind = drawBetween(random, -0.1 * streetWidth, streetWidth + wayPixels * 0.6);
  return {
    startX: direction === 1 ? streetWidth - behind : behind,
    y,
    direction,
    pixelsPerSecond,
    look: composePersonLook(random, weather),
    stridePhase: random.next(),
  };
}

function composePersonLook(random: Random, weather: Weather): PersonLook {
  const carries = drawOne(random, ['nothing', 'nothing', 'backpack', 'bag'] as const);
  return {
    heightMetres: drawBetween(random, 1.5, 1.92),
    breadth: drawBetween(random, 0.85, 1.3),
    skin: colourFromHue(0.065, drawBetween(random, 0.3, 0.6), drawBetween(random, 0.35, 0.95)),
    hair: colourFromHue(0.08, drawBetween(random, 0.1, 0.7), drawBetween(random, 0.1, 0.65)),
    top: anyColour(random),
    bottom: anyColour(random),
    clothing: drawOne(random, ['trousers', 'trousers', 'trousers', 'skirt', 'coat']),
    carries: weather === 'rain' && drawChance(random, 0.5) ? 'umbrella' : carries,
    carried: anyColour(random),
  };
}
