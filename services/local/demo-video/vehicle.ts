import { dimColour, mixColours, type Colour } from './colour.ts';
import { ellipse, sheer, solid, type Outline, type Part, type Point } from './shapes.ts';
import { vehicleProfiles, type VehicleProfile, type VehicleShape } from './vehicle-profiles.ts';

export interface VehicleLook {
  readonly shape: VehicleShape;
  readonly body: Colour;
  /** Roof, stripe or cargo box, by shape. */
  readonly accent: Colour;
}

/** Where and how a vehicle stands in the picture. */
export interface VehiclePose {
  /** Pixel column of its middle and pixel row where its wheels touch the road. */
  readonly x: number;
  readonly y: number;
  readonly pixelsPerMetre: number;
  /** 1 drives to the right, -1 to the left. */
  readonly direction: 1 | -1;
  readonly areLightsOn: boolean;
}

const glass: Colour = [46, 58, 70];
const glassShine: Colour = [150, 172, 188];
const tyre: Colour = [26, 26, 28];

/** Metres from bumper to bumper. */
export function vehicleLengthMetres(shape: VehicleShape): number {
  return vehicleProfiles[shape].length;
}

/** The parts of a vehicle, in painting order: its shadow first, then the silhouette. */
export function drawVehicle(look: VehicleLook, pose: VehiclePose): Part[] {
  const profile = vehicleProfiles[look.shape];
  const place = ([x, y]: Point): Point => [
    pose.x + pose.direction * (x - profile.length / 2) * pose.pixelsPerMetre,
    pose.y - y * pose.pixelsPerMetre,
  ];
  const placed = (outline: Outline): Outline => outline.map(place);
  const box: DrawBox = ([left, low], [right, high]) =>
    placed([
      [left, low],
      [left, high],
      [right, high],
      [right, low],
    ]);

  const [middleX, middleY] = place([profile.length / 2 + 0.1, -0.02]);
  const parts: Part[] = [
    sheer(
      ellipse({
        x: middleX,
        y: middleY,
        radiusX: (profile.length / 2 + 0.25) * pose.pixelsPerMetre,
        radiusY: 0.22 * pose.pixelsPerMetre,
      }),
      [12, 12, 16],
      0.5,
    ),
    solid(placed(profile.body), dimColour(look.body, 1.12), dimColour(look.body, 0.66)),
    ...livery(look, box),
    ...profile.windows.map((window) =>
      solid(placed(window), mixColours(glass, glassShine, 0.45), glass),
    ),
    solid(box([0.02, 0.34], [profile.length - 0.02, 0.46]), [38, 38, 42]),
  ];
  for (const wheel of profile.wheels) {
    const [x, y] = place([wheel, profile.wheelRadius]);
    const radius = profile.wheelRadius * pose.pixelsPerMetre;
    parts.push(solid(ellipse({ x, y, radiusX: radius, radiusY: radius }), tyre));
    const hub = radius * 0.5;
    parts.push(
      solid(ellipse({ x, y, radiusX: hub, radiusY: hub }), [150, 152, 156], [96, 98, 102]),
    );
  }
  parts.push(...lamps(profile, pose, box));
  return parts;
}

/** An upright rectangle from its lower left to its upper right corner, in the vehicle's metres. */
type DrawBox = (lowerLeft: Point, upperRight: Point) => Outline;

function livery(look: VehicleLook, box: DrawBox): Part[] {
  const seam = dimColour(look.body, 0.55);
  switch (look.shape) {
    case 'sedan':
      return [
        sheer(box([2.14, 0.45], [2.2, 1]), seam, 0.8),
        sheer(box([1.3, 0.82], [1.7, 0.88]), seam, 0.7),
      ];
    case 'hatchback':
      return [
        sheer(box([1.22, 0.45], [1.28, 1]), seam, 0.8),
        sheer(box([2.4, 0.45], [2.46, 1]), seam, 0.8),
      ];
    case 'van':
      return [
        solid(box([0.3, 0.95], [2.9, 1.25]), look.accent),
        sheer(box([2.95, 0.45], [3.02, 2.15]), seam, 0.8),
      ];
    case 'truck':
      return [
        solid(
          box([0.08, 0.85], [4.42, 2.82]),
          dimColour(look.accent, 1.08),
          dimColour(look.accent, 0.8),
        ),
        sheer(box([0.9, 1.5], [3.6, 2.1]), look.body, 0.85),
      ];
    case 'bus':
      return [
        solid(box([0.02, 0.75], [8.18, 1.1]), look.accent),
        sheer(box([0.1, 2.45], [7.9, 2.5]), seam, 0.6),
      ];
  }
}

function lamps(profile: VehicleProfile, pose: VehiclePose, box: DrawBox): Part[] {
  const height = profile.length > 6 ? 0.85 : 0.68;
  const front: Colour = pose.areLightsOn ? [255, 250, 220] : [214, 214, 200];
  const rear: Colour = pose.areLightsOn ? [255, 60, 48] : [150, 28, 28];
  return [
    solid(
      box([profile.length - 0.28, height - 0.02], [profile.length - 0.06, height + 0.16]),
      front,
    ),
    solid(box([0.04, height], [0.2, height + 0.22]), rear),
  ];
}

/** Where a vehicle's headlight and tail light shine, in pixels. */
export function lampPoints(shape: VehicleShape, pose: VehiclePose): { front: Point; rear: Point } {
  const half = (vehicleProfiles[shape].length / 2 - 0.15) * pose.pixelsPerMetre * pose.direction;
  const y = pose.y - 0.72 * pose.pixelsPerMetre;
  return { front: [pose.x + half, y], rear: [pose.x - half, y] };
}
