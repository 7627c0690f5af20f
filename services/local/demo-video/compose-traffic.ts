import type { Random } from '../../shared/clock/ports.ts';
import { anyColour } from './any-colour.ts';
import { drawBetween, drawChance, drawOne } from './chance.ts';
import type { Traffic } from './scene.ts';
import { pixelsPerMetreAt, streetWidth } from './street.ts';
import type { VehicleShape } from './vehicle-profiles.ts';
import { vehicleLengthMetres, type VehicleLook } from './vehicle.ts';

const shapes: readonly [VehicleShape, ...VehicleShape[]] = [
  'sedan',
  'sedan',
  'sedan',
  'hatchback',
  'hatchback',
  'hatchback',
  'van',
  'van',
  'truck',
  'bus',
];

const movingRows = { two: [132, 158], three: [125, 142, 160] } as const;

/** Two or three lanes of moving traffic and, in half the scenes, cars parked at the far kerb. */
export function composeTraffic(random: Random, seconds: number): Traffic[] {
  const traffic: Traffic[] = [];
  const hasParking = drawChance(random, 0.5);
  if (hasParking) traffic.push(composeLane(random, { y: 114, isParked: true, seconds }));
  const lanes = hasParking || drawChance(random, 0.5) ? movingRows.two : movingRows.three;
  for (const row of lanes) {
    traffic.push(
      composeLane(random, { y: row + drawBetween(random, -2, 2), isParked: false, seconds }),
    );
  }
  return traffic;
}

interface LanePlan {
  readonly y: number;
  readonly isParked: boolean;
  readonly seconds: number;
}

function composeLane(random: Random, { y, isParked, seconds }: LanePlan): Traffic {
  const direction = drawChance(random, 0.5) ? 1 : -1;
  const metre = pixelsPerMetreAt(y);
  const pixelsPerSecond = isParked ? 0 : drawBetween(random, 1.6, 7) * metre;
  const gapMetres = drawBetween(random, 2, isParked ? 9 : 14);
  // Long enough a queue that the lane is as busy at the end of the clip as at its start.
  const queuePixels = streetWidth + pixelsPerSecond * seconds * 1.1 + 20 * metre;
  const vehicles: { startX: number; look: VehicleLook }[] = [];
  let behind = -drawBetween(random, 0, gapMetres) * metre;
  while (behind < queuePixels) {
    const look = composeVehicleLook(random);
    const length = vehicleLengthMetres(look.shape) * metre;
    const middle = behind + length / 2;
    vehicles.push({ startX: direction === 1 ? streetWidth - middle : middle, look });
    behind += length + drawBetween(random, 1, gapMetres) * metre;
  }
  return {
    y,
    direction,
    pixelsPerSecond,
    surgeFraction: drawChance(random, 0.3) ? 0.95 : drawBetween(random, 0, 0.4),
    surgePeriodMs: drawBetween(random, 5_000, 14_000),
    surgePhase: drawBetween(random, 0, 2 * Math.PI),
    vehicles,
  };
}

function composeVehicleLook(random: Random): VehicleLook {
  return {
    shape: drawOne(random, shapes),
    body: anyColour(random),
    accent: anyColour(random),
  };
}
