import { drawFurniture } from './furniture.ts';
import type { DemoClass } from './ground-truth.ts';
import { drawPerson } from './person.ts';
import type { Furniture, Scene, Traffic, Walker } from './scene.ts';
import { ellipse, solid, type Part } from './shapes.ts';
import { frameHeight, frameWidth, pixelsPerMetreAt } from './street.ts';
import { drawVehicle, lampPoints, type VehiclePose } from './vehicle.ts';
import type { Glow } from './weather.ts';

/** Something in the street at one moment. `owner` is 0 for what is not to be detected. */
export interface Thing {
  readonly owner: number;
  readonly class: DemoClass | null;
  /** Row where it stands: what stands farther down the picture hides what is above. */
  readonly depth: number;
  readonly parts: readonly Part[];
  readonly glows: readonly Glow[];
}

/** All that stands and moves at a moment, from the back of the street to the front. */
export function arrangeThings(scene: Scene, atMs: number, panned: number): Thing[] {
  const things: Thing[] = [];
  const isDark = scene.light.daylight === 'night';
  for (const item of scene.furniture) {
    const sway = Math.sin(atMs / 900 + item.swayPhase) * 0.7 + Math.sin(atMs / 370) * 0.3;
    const pose = { x: item.x - panned, y: item.y, pixelsPerMetre: pixelsPerMetreAt(item.y), sway };
    const parts = drawFurniture(item, pose);
    const glows = isDark && item.kind === 'lamp-post' ? streetLampGlows(item, pose) : [];
    things.push({ owner: 0, class: null, depth: item.y, parts, glows });
  }
  for (const drifter of scene.drifters) {
    const wave = Math.sin((atMs / drifter.wavePeriodMs) * 2 * Math.PI) * drifter.waveHeight;
    const x = drifter.startX + (drifter.pixelsPerSecond * atMs) / 1_000 - panned;
    const y = drifter.startY + wave;
    const radius = drifter.radius;
    const parts = [
      solid(ellipse({ x, y, radiusX: radius, radiusY: radius * 0.7 }), drifter.colour),
    ];
    things.push({ owner: 0, class: null, depth: frameHeight, parts, glows: [] });
  }
  let owner = 0;
  for (const traffic of scene.traffic) {
    for (const vehicle of traffic.vehicles) {
      owner += 1;
      const x = vehicle.startX + traffic.direction * travelled(traffic, atMs) - panned;
      if (x < -120 || x > frameWidth + 120) continue;
      const areLightsOn = isDark && traffic.pixelsPerSecond > 0;
      const pixelsPerMetre = pixelsPerMetreAt(traffic.y);
      const pose = { x, y: traffic.y, pixelsPerMetre, direction: traffic.direction, areLightsOn };
      const parts = drawVehicle(vehicle.look, pose);
      const glows = areLightsOn ? lampGlows(vehicle.look.shape, pose) : [];
      things.push({ owner, class: 'vehicle', depth: traffic.y, parts, glows });
    }
  }
  for (const walker of scene.walkers) {
    owner += 1;
    const parts = walkerParts(walker, atMs, panned);
    things.push({ owner, class: 'person', depth: walker.y, parts, glows: [] });
  }
  return things.toSorted((a, b) => a.depth - b.depth);
}

/** Pixels that a lane's traffic has moved: a mean speed and a surge that never runs backwards. */
function travelled(traffic: Traffic, atMs: number): number {
  const turns = (atMs / traffic.surgePeriodMs) * 2 * Math.PI;
  const surgeMs =
    (traffic.surgePeriodMs / (2 * Math.PI)) *
    traffic.surgeFraction *
    (Math.sin(turns + traffic.surgePhase) - Math.sin(traffic.surgePhase));
  return (traffic.pixelsPerSecond * (atMs + surgeMs)) / 1_000;
}

function walkerParts(walker: Walker, atMs: number, panned: number): Part[] {
  const pixelsPerMetre = pixelsPerMetreAt(walker.y);
  const way = (walker.pixelsPerSecond * atMs) / 1_000;
  return drawPerson(walker.look, {
    x: walker.startX + walker.direction * way - panned,
    y: walker.y,
    pixelsPerMetre,
    direction: walker.direction,
    stride: walker.stridePhase + way / (1.5 * pixelsPerMetre),
    swing: walker.pixelsPerSecond > 0 ? 1 : 0.12,
  });
}

function lampGlows(shape: Parameters<typeof lampPoints>[0], pose: VehiclePose): Glow[] {
  const { front, rear } = lampPoints(shape, pose);
  const metre = pose.pixelsPerMetre;
  const ahead = front[0] + pose.direction * 1.9 * metre;
  return [
    { at: front, radius: 0.9 * metre, flatness: 1, colour: [255, 240, 200], strength: 0.9 },
    {
      at: [ahead, pose.y],
      radius: 2.4 * metre,
      flatness: 0.22,
      colour: [255, 236, 190],
      strength: 0.55,
    },
    { at: rear, radius: 0.6 * metre, flatness: 1, colour: [255, 40, 30], strength: 0.7 },
  ];
}

function streetLampGlows(item: Furniture, pose: { x: number; pixelsPerMetre: number }): Glow[] {
  const metre = pose.pixelsPerMetre * item.size;
  const at = [pose.x + 0.85 * metre, item.y - 4.68 * metre] as const;
  const below = [at[0], item.y + 2] as const;
  const colour = [255, 222, 160] as const;
  return [
    { at, radius: 1.5 * metre, flatness: 1, colour, strength: 0.8 },
    { at: below, radius: 3.4 * metre, flatness: 0.3, colour, strength: 0.32 },
  ];
}
