import { dimColour, type Colour } from './colour.ts';
import {
  bar,
  ellipse,
  screen,
  sheer,
  solid,
  type Outline,
  type Part,
  type Point,
} from './shapes.ts';

export interface PersonLook {
  readonly heightMetres: number;
  /** 0.8 slim to 1.3 broad. */
  readonly breadth: number;
  readonly skin: Colour;
  readonly hair: Colour;
  readonly top: Colour;
  readonly bottom: Colour;
  readonly clothing: 'trousers' | 'skirt' | 'coat';
  readonly carries: 'nothing' | 'backpack' | 'bag' | 'umbrella';
  readonly carried: Colour;
}

export interface PersonPose {
  /** Pixel column of the middle and pixel row of the soles. */
  readonly x: number;
  readonly y: number;
  readonly pixelsPerMetre: number;
  readonly direction: 1 | -1;
  /** Turns of the walk (one turn is two steps); a standing person's does not change. */
  readonly stride: number;
  /** 0 standing to 1 walking briskly: how far legs and arms swing. */
  readonly swing: number;
}

type Place = (x: number, y: number) => Point;

/** The parts of a person, in painting order: the shadow first, then the silhouette. */
export function drawPerson(look: PersonLook, pose: PersonPose): Part[] {
  // Drawn for a height of 1.7 m and scaled to the person's own.
  const scale = (pose.pixelsPerMetre * look.heightMetres) / 1.7;
  const phase = Math.sin(pose.stride * 2 * Math.PI) * pose.swing;
  const bob = Math.abs(phase) * 0.03;
  const place: Place = (x, y) => [pose.x + pose.direction * x * scale, pose.y - (y - bob) * scale];
  const shadow = ellipse({
    x: pose.x + 0.1 * scale,
    y: pose.y,
    radiusX: 0.36 * scale,
    radiusY: 0.09 * scale,
  });
  return [
    sheer(shadow, [12, 12, 16], 0.45),
    ...drawLimbsBehind(look, { place, phase, scale }),
    ...drawTrunk(look, place),
    ...drawHead(look, place, scale),
    ...drawLimbsInFront(look, { place, phase, scale }),
    ...drawCarried(look, place, scale),
  ];
}

interface Gait {
  readonly place: Place;
  readonly phase: number;
  readonly scale: number;
}

function drawLeg(look: PersonLook, { place, phase, scale }: Gait, shade: number): Part[] {
  const foot = place(phase * 0.28, 0.06);
  const knee = place(phase * 0.12 + 0.03, 0.45);
  const hip = place(0, 0.88);
  const width = 0.17 * look.breadth * scale;
  const cloth = dimColour(look.bottom, shade);
  return [
    solid(bar(hip, knee, width * 1.15), cloth),
    solid(bar(knee, foot, width), look.clothing === 'skirt' ? dimColour(look.skin, shade) : cloth),
    solid(
      bar(place(phase * 0.28 - 0.06, 0.04), place(phase * 0.28 + 0.15, 0.04), 0.09 * scale),
      dimColour([58, 46, 40], shade),
    ),
  ];
}

function drawArm(look: PersonLook, { place, phase, scale }: Gait, shade: number): Part[] {
  const shoulder = place(0, 1.36);
  const elbow = place(phase * 0.14 - 0.02, 1.08);
  const hand = place(phase * 0.26 + 0.06, 0.84);
  const width = 0.11 * look.breadth * scale;
  return [
    solid(bar(shoulder, elbow, width * 1.2), dimColour(look.top, shade)),
    solid(bar(elbow, hand, width), dimColour(look.top, shade)),
    solid(
      ellipse({ x: hand[0], y: hand[1], radiusX: width * 0.55, radiusY: width * 0.55 }),
      dimColour(look.skin, shade),
    ),
  ];
}

function drawLimbsBehind(look: PersonLook, gait: Gait): Part[] {
  const opposite = { ...gait, phase: -gait.phase };
  return [
    ...drawArm(look, gait, 0.72),
    ...drawLeg(look, opposite, 0.72),
    ...drawLeg(look, gait, 1),
  ];
}

function drawLimbsInFront(look: PersonLook, gait: Gait): Part[] {
  return drawArm(look, { ...gait, phase: -gait.phase }, 0.9);
}

function drawTrunk(look: PersonLook, place: Place): Part[] {
  const half = 0.19 * look.breadth;
  const torso: Outline = [
    place(-half * 0.95, 0.84),
    place(-half * 1.05, 1.34),
    place(-half * 0.5, 1.45),
    place(half * 0.5, 1.45),
    place(half * 1.1, 1.32),
    place(half, 0.84),
  ];
  const parts = [solid(torso, dimColour(look.top, 1.1), dimColour(look.top, 0.8))];
  switch (look.clothing) {
    case 'trousers':
      return parts;
    case 'skirt':
    case 'coat': {
      const hem = look.clothing === 'coat' ? 0.42 : 0.5;
      const cloth = look.clothing === 'coat' ? look.top : look.bottom;
      const flare: Outline = [
        place(-half, 0.98),
        place(half, 0.98),
        place(half * 1.45, hem),
        place(-half * 1.45, hem),
      ];
      return [...parts, solid(flare, dimColour(cloth, 0.95), dimColour(cloth, 0.75))];
    }
  }
}

function drawHead(look: PersonLook, place: Place, scale: number): Part[] {
  const [x, y] = place(0.02, 1.57);
  const [hairX, hairY] = place(-0.02, 1.62);
  return [
    solid(bar(place(0, 1.4), place(0.01, 1.52), 0.1 * scale), look.skin),
    solid(
      ellipse({ x: hairX, y: hairY, radiusX: 0.115 * scale, radiusY: 0.115 * scale }),
      look.hair,
    ),
    solid(ellipse({ x, y, radiusX: 0.1 * scale, radiusY: 0.125 * scale }), look.skin),
    solid(
      ellipse({ x: hairX, y: hairY - 0.035 * scale, radiusX: 0.1 * scale, radiusY: 0.075 * scale }),
      look.hair,
    ),
  ];
}

function drawCarried(look: PersonLook, place: Place, scale: number): Part[] {
  const colour = look.carried;
  switch (look.carries) {
    case 'nothing':
      return [];
    case 'backpack': {
      const [x, y] = place(-0.24, 1.16);
      const pack = ellipse({ x, y, radiusX: 0.13 * scale, radiusY: 0.22 * scale });
      return [solid(pack, colour, dimColour(colour, 0.75))];
    }
    case 'bag': {
      const outline = [place(0.02, 0.78), place(0.26, 0.78), place(0.29, 0.52), place(-0.01, 0.52)];
      return [solid(outline, colour, dimColour(colour, 0.8))];
    }
    case 'umbrella': {
      const dome = Array.from({ length: 13 }, (_, step): Point => {
        const angle = Math.PI * (step / 12);
        return place(0.05 + Math.cos(angle) * 0.55, 1.72 + Math.sin(angle) * 0.32);
      });
      return [
        screen(bar(place(0.08, 1), place(0.06, 1.75), 0.035 * scale), [60, 60, 64]),
        screen(dome, dimColour(colour, 1.1), dimColour(colour, 0.8)),
      ];
    }
  }
}
