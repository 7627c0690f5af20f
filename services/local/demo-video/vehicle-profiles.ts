import type { Outline } from './shapes.ts';

export type VehicleShape = 'sedan' | 'hatchback' | 'van' | 'truck' | 'bus';

/** Metres, seen from the side, nose at the right: x from the tail, y from the road upwards. */
export interface VehicleProfile {
  readonly length: number;
  readonly body: Outline;
  readonly windows: readonly Outline[];
  readonly wheels: readonly number[];
  readonly wheelRadius: number;
}

export const vehicleProfiles: { readonly [shape in VehicleShape]: VehicleProfile } = {
  sedan: {
    length: 4.5,
    body: [
      [0, 0.32],
      [0.02, 0.75],
      [0.18, 0.95],
      [0.95, 1],
      [1.5, 1.4],
      [2.75, 1.44],
      [3.4, 1.02],
      [4.25, 0.9],
      [4.47, 0.66],
      [4.5, 0.32],
    ],
    windows: [
      [
        [1.14, 1],
        [1.58, 1.32],
        [2.12, 1.35],
        [2.12, 1],
      ],
      [
        [2.22, 1],
        [2.22, 1.35],
        [2.7, 1.36],
        [3.2, 1],
      ],
    ],
    wheels: [0.9, 3.62],
    wheelRadius: 0.33,
  },
  hatchback: {
    length: 3.9,
    body: [
      [0, 0.32],
      [0, 0.9],
      [0.35, 1.42],
      [0.6, 1.52],
      [2.2, 1.52],
      [2.95, 1.05],
      [3.7, 0.92],
      [3.88, 0.68],
      [3.9, 0.32],
    ],
    windows: [
      [
        [0.32, 1],
        [0.55, 1.4],
        [1.2, 1.43],
        [1.2, 1],
      ],
      [
        [1.3, 1],
        [1.3, 1.43],
        [2.12, 1.43],
        [2.72, 1],
      ],
    ],
    wheels: [0.72, 3.12],
    wheelRadius: 0.33,
  },
  van: {
    length: 5.1,
    body: [
      [0, 0.35],
      [0, 2.1],
      [0.15, 2.25],
      [3.7, 2.25],
      [4.5, 1.4],
      [5.02, 1.2],
      [5.1, 0.35],
    ],
    windows: [
      [
        [3.15, 1.4],
        [3.15, 2.02],
        [3.68, 2.02],
        [4.25, 1.4],
      ],
    ],
    wheels: [1, 4.1],
    wheelRadius: 0.36,
  },
  truck: {
    length: 6.4,
    body: [
      [0, 0.7],
      [0, 2.9],
      [4.5, 2.9],
      [4.5, 2.35],
      [5.7, 2.35],
      [6.1, 1.5],
      [6.4, 1.3],
      [6.4, 0.45],
      [4.4, 0.45],
      [4.3, 0.7],
    ],
    windows: [
      [
        [4.85, 1.5],
        [4.85, 2.2],
        [5.6, 2.2],
        [5.95, 1.5],
      ],
    ],
    wheels: [1.1, 5.4],
    wheelRadius: 0.46,
  },
  bus: {
    length: 8.2,
    body: [
      [0, 0.4],
      [0, 2.7],
      [0.12, 2.85],
      [7.9, 2.85],
      [8.1, 2.6],
      [8.2, 1.2],
      [8.2, 0.4],
    ],
    windows: [
      [
        [0.3, 1.4],
        [0.3, 2.35],
        [1.6, 2.35],
        [1.6, 1.4],
      ],
      [
        [1.75, 1.4],
        [1.75, 2.35],
        [3.05, 2.35],
        [3.05, 1.4],
      ],
      [
        [3.2, 1.4],
        [3.2, 2.35],
        [4.5, 2.35],
        [4.5, 1.4],
      ],
      [
        [4.65, 1.4],
        [4.65, 2.35],
        [5.95, 2.35],
        [5.95, 1.4],
      ],
      [
        [6.9, 0.55],
        [6.9, 2.35],
        [7.95, 2.35],
        [8.05, 1.3],
        [8.05, 0.55],
      ],
    ],
    wheels: [1.6, 6.3],
    wheelRadius: 0.46,
  },
};
