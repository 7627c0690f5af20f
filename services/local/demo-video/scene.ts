import type { Colour } from './colour.ts';
import type { PersonLook } from './person.ts';
import type { VehicleLook } from './vehicle.ts';

export type Daylight = 'noon' | 'overcast' | 'sunset' | 'night';
export type Weather = 'clear' | 'rain' | 'fog';

export interface Building {
  readonly left: number;
  readonly right: number;
  /** Pixel row of the roof. */
  readonly roof: number;
  readonly wall: Colour;
  readonly trim: Colour;
  readonly windowWidth: number;
  readonly windowHeight: number;
  readonly litFraction: number;
  /** A shop on the ground floor has an awning and posters in loud colours. */
  readonly shop: { readonly awning: Colour; readonly posters: readonly Colour[] } | null;
}

/** Vehicles of one lane keep their distances: they share the lane's motion. */
export interface Traffic {
  /** Pixel row where the wheels touch. */
  readonly y: number;
  readonly direction: 1 | -1;
  /** Mean speed; 0 for a row of parked cars. */
  readonly pixelsPerSecond: number;
  /** 0 steady to 0.95 stop and go. */
  readonly surgeFraction: number;
  readonly surgePeriodMs: number;
  readonly surgePhase: number;
  readonly vehicles: readonly { readonly startX: number; readonly look: VehicleLook }[];
}

export interface Walker {
  readonly startX: number;
  readonly y: number;
  readonly direction: 1 | -1;
  /** 0 for somebody who stands and waits. */
  readonly pixelsPerSecond: number;
  readonly look: PersonLook;
  readonly stridePhase: number;
}

export type FurnitureKind =
  | 'lamp-post'
  | 'tree'
  | 'bin'
  | 'bench'
  | 'planter'
  | 'post-box'
  | 'cone'
  | 'sign'
  | 'dumpster'
  | 'billboard'
  | 'bush';

/** What stands in the street and is neither vehicle nor person, in colours that both wear. */
export interface Furniture {
  readonly kind: FurnitureKind;
  readonly x: number;
  readonly y: number;
  readonly colour: Colour;
  readonly accent: Colour;
  /** 0.8 to 1.25. */
  readonly size: number;
  readonly swayPhase: number;
}

/** A bird, leaf, ball or bag: it moves, it is coloured, and it is not to be detected. */
export interface Drifter {
  readonly startX: number;
  readonly startY: number;
  readonly pixelsPerSecond: number;
  readonly waveHeight: number;
  readonly wavePeriodMs: number;
  readonly radius: number;
  readonly colour: Colour;
}

export interface Light {
  readonly daylight: Daylight;
  readonly weather: Weather;
  readonly driftFraction: number;
  readonly driftPeriodMs: number;
  readonly driftPhase: number;
  /** Jumps of the camera's exposure. */
  readonly jumps: readonly { readonly atMs: number; readonly factor: number }[];
  /** How dark the shadows of passing clouds are, 0 to 0.4. */
  readonly cloudShade: number;
  readonly cloudPixelsPerSecond: number;
  /** Standard deviation of the sensor's noise, in levels of 255. */
  readonly noiseLevels: number;
}

/** Everything that a clip shows, as plain values: with a frame's time it determines each pixel. */
export interface Scene {
  readonly seed: number;
  readonly seconds: number;
  readonly camera: {
    readonly panPixels: number;
    readonly panPeriodMs: number;
    readonly panPhase: number;
  };
  readonly light: Light;
  readonly sky: { readonly high: Colour; readonly low: Colour };
  readonly pavement: Colour;
  readonly asphalt: Colour;
  readonly buildings: readonly Building[];
  readonly traffic: readonly Traffic[];
  readonly walkers: readonly Walker[];
  readonly furniture: readonly Furniture[];
  readonly drifters: readonly Drifter[];
}
