import { seededRandom } from '../../shared/clock/manual.ts';
import type { Random } from '../../shared/clock/ports.ts';
import { anyColour } from './any-colour.ts';
import { drawBetween, drawChance, drawOne, drawWhole } from './chance.ts';
import { colourFromHue, mixColours, type Colour } from './colour.ts';
import { composeTraffic } from './compose-traffic.ts';
import { composeWalkers } from './compose-walkers.ts';
import type { Building, Drifter, Furniture, FurnitureKind, Light, Scene } from './scene.ts';
import { frameHeight, rows, streetWidth } from './street.ts';

/** What a clip will show. `seed` is a whole number; equal seeds and lengths give equal scenes. */
export function composeScene(seed: number, seconds: number): Scene {
  // One stream of chance per subject: a change to one leaves the others of a seed as they were.
  const streamOf = (subject: number): Random => seededRandom(seed * 8191 + subject * 104729);
  const light = composeLight(streamOf(1), seconds);
  const look = streamOf(2);
  const isPanning = drawChance(look, 0.35);
  return {
    seed,
    seconds,
    camera: {
      panPixels: isPanning ? drawBetween(look, 14, 44) : 0,
      panPeriodMs: drawBetween(look, 14_000, 30_000),
      panPhase: drawBetween(look, 0, 2 * Math.PI),
    },
    light,
    sky: skyOf(light, look),
    pavement: greyBetween(look, 128, 176),
    asphalt: greyBetween(look, 66, 104),
    buildings: composeBuildings(streamOf(3), light.daylight === 'night'),
    traffic: composeTraffic(streamOf(4), seconds),
    walkers: composeWalkers(streamOf(5), seconds, light.weather),
    furniture: composeFurniture(streamOf(6)),
    drifters: composeDrifters(streamOf(7)),
  };
}

function composeLight(random: Random, seconds: number): Light {
  return {
    daylight: drawOne(random, ['noon', 'noon', 'noon', 'overcast', 'sunset', 'sunset', 'night']),
    weather: drawOne(random, ['clear', 'clear', 'clear', 'clear', 'rain', 'fog']),
    driftFraction: drawBetween(random, 0.03, 0.16),
    driftPeriodMs: drawBetween(random, 4_000, 15_000),
    driftPhase: drawBetween(random, 0, 2 * Math.PI),
    jumps: Array.from({ length: drawWhole(random, 0, 2) }, () => ({
      atMs: drawBetween(random, 0.1, 1) * seconds * 1_000,
      factor: drawBetween(random, 0.78, 1.22),
    })),
    cloudShade: drawChance(random, 0.6) ? drawBetween(random, 0.12, 0.38) : 0,
    cloudPixelsPerSecond: drawBetween(random, 8, 40),
    noiseLevels: drawBetween(random, 1.5, 5),
  };
}

function skyOf(light: Light, random: Random): { high: Colour; low: Colour } {
  switch (light.daylight) {
    case 'noon':
      return { high: [86, 140, 206], low: [190, 215, 234] };
    case 'overcast':
      return { high: [150, 158, 168], low: [196, 200, 204] };
    case 'sunset':
      return { high: [96, 104, 158], low: [250, 178 + 30 * random.next(), 120] };
    case 'night':
      return { high: [34, 42, 74], low: [92, 82, 108] };
  }
}

function greyBetween(random: Random, min: number, max: number): Colour {
  const level = drawBetween(random, min, max);
  return [level + drawBetween(random, -4, 8), level, level + drawBetween(random, -10, 4)];
}

function composeBuildings(random: Random, isNight: boolean): Building[] {
  const buildings: Building[] = [];
  let left = -drawBetween(random, 0, 30);
  while (left < streetWidth) {
    const right = left + drawBetween(random, 42, 96);
    // A gap shows the sky, and later a tree or two.
    if (drawChance(random, 0.86)) {
      const wallHue = drawBetween(random, 0.02, 0.13);
      buildings.push({
        left,
        right,
        roof: drawBetween(random, 6, 48),
        wall: drawChance(random, 0.75)
          ? colourFromHue(wallHue, drawBetween(random, 0.1, 0.5), drawBetween(random, 0.5, 0.85))
          : mixColours(anyColour(random), [176, 168, 158], 0.45),
        trim: greyBetween(random, 160, 220),
        windowWidth: drawBetween(random, 4, 8),
        windowHeight: drawBetween(random, 6, 10),
        litFraction: isNight ? drawBetween(random, 0.2, 0.6) : drawBetween(random, 0, 0.06),
        shop: drawChance(random, 0.65)
          ? {
              awning: anyColour(random),
              posters: Array.from({ length: drawWhole(random, 1, 4) }, () => anyColour(random)),
            }
          : null,
      });
    }
    left = right;
  }
  return buildings;
}

const smallKinds = ['bin', 'bench', 'planter', 'post-box', 'cone', 'sign', 'bush'] as const;

function composeFurniture(random: Random): Furniture[] {
  const place = (kind: FurnitureKind, y: number): Furniture => ({
    kind,
    x: drawBetween(random, 0, streetWidth),
    y,
    colour: anyColour(random),
    accent: anyColour(random),
    size: drawBetween(random, 0.8, 1.25),
    swayPhase: drawBetween(random, 0, 2 * Math.PI),
  });
  const many = (min: number, max: number, make: () => Furniture): Furniture[] =>
    Array.from({ length: drawWhole(random, min, max) }, make);
  const farRow = (): number => drawBetween(random, rows.farWalk.top + 4, rows.farWalk.bottom - 1);
  const nearRow = (): number => drawBetween(random, rows.nearWalk.top + 6, frameHeight + 10);
  return [
    ...many(1, 4, () => place('tree', farRow())),
    ...many(1, 3, () => place('lamp-post', farRow())),
    ...many(3, 7, () => place(drawOne(random, smallKinds), farRow())),
    ...many(0, 2, () => place(drawOne(random, ['dumpster', 'billboard']), farRow())),
    ...many(0, 1, () => place('tree', nearRow())),
    ...many(1, 2, () => place(drawOne(random, ['lamp-post', 'sign']), nearRow())),
    ...many(1, 4, () => place(drawOne(random, smallKinds), nearRow())),
  ];
}

function composeDrifters(random: Random): Drifter[] {
  return Array.from({ length: drawWhole(random, 0, 4) }, () => ({
    startX: drawBetween(random, 0, streetWidth),
    startY: drawBetween(random, 12, frameHeight - 12),
    pixelsPerSecond: drawBetween(random, -50, 50),
    waveHeight: drawBetween(random, 2, 14),
    wavePeriodMs: drawBetween(random, 700, 4_000),
    radius: drawBetween(random, 1.2, 4.5),
    colour: anyColour(random),
  }));
}
