import { dimColour, type Colour } from './colour.ts';
import { drawBush, drawTree } from './greenery.ts';
import { takePencil, type Pencil } from './pencil.ts';
import type { Furniture } from './scene.ts';
import { bar, sheer, solid, type Part } from './shapes.ts';

/** Where a piece stands in the picture: the pixel of its foot, and how far the wind bends it. */
export interface FurniturePose {
  readonly x: number;
  readonly y: number;
  readonly pixelsPerMetre: number;
  /** -1 to 1. */
  readonly sway: number;
}

const iron: Colour = [58, 62, 66];

/** The parts of one piece of street furniture, in painting order. */
export function drawFurniture(item: Furniture, pose: FurniturePose): Part[] {
  const pencil = takePencil([pose.x, pose.y], pose.pixelsPerMetre * item.size);
  switch (item.kind) {
    case 'lamp-post':
      return drawLampPost(pencil);
    case 'tree':
      return drawTree(item.swayPhase, pencil, pose.sway);
    case 'bush':
      return drawBush(item.swayPhase, pencil, { sway: pose.sway, height: 0 });
    case 'planter':
      return [
        ...drawBush(item.swayPhase, pencil, { sway: pose.sway, height: 0.45 }),
        solid(pencil.box([-0.75, 0], [0.75, 0.55]), item.colour, dimColour(item.colour, 0.7)),
      ];
    case 'bin':
      return drawBin(item.colour, pencil);
    case 'post-box':
      return drawPostBox(item.colour, pencil);
    case 'cone':
      return drawCone(pencil);
    case 'bench':
      return drawBench(item.colour, pencil);
    case 'sign':
      return drawSign(item, pencil);
    case 'dumpster':
      return drawDumpster(item, pencil);
    case 'billboard':
      return drawBillboard(item, pencil);
  }
}

function drawLampPost({ place, ball, metre }: Pencil): Part[] {
  return [
    solid(bar(place(0, 0), place(0, 4.6), 0.13 * metre), iron),
    solid(bar(place(0, 4.55), place(0.8, 4.75), 0.1 * metre), iron),
    solid(bar(place(-0.16, 0.12), place(0.16, 0.12), 0.24 * metre), dimColour(iron, 0.8)),
    solid(ball(0.85, 4.68, 0.17), [232, 226, 200]),
  ];
}

function drawBin(colour: Colour, { box, shadow }: Pencil): Part[] {
  return [
    shadow(0.4),
    solid(box([-0.27, 0], [0.27, 0.85]), colour, dimColour(colour, 0.7)),
    solid(box([-0.32, 0.82], [0.32, 0.96]), iron),
  ];
}

function drawPostBox(colour: Colour, { box, ball, shadow }: Pencil): Part[] {
  return [
    shadow(0.4),
    solid(box([-0.25, 0.1], [0.25, 1.3]), colour, dimColour(colour, 0.7)),
    solid(ball(0, 1.3, 0.25), colour),
    solid(box([-0.16, 1.08], [0.16, 1.15]), [20, 20, 22]),
  ];
}

function drawCone({ place, box, shadow }: Pencil): Part[] {
  const cone = [place(-0.27, 0), place(-0.04, 0.75), place(0.04, 0.75), place(0.27, 0)];
  return [
    shadow(0.4),
    solid(cone, [226, 104, 36]),
    solid(box([-0.15, 0.28], [0.15, 0.44]), [232, 232, 226]),
  ];
}

function drawBench(colour: Colour, { box, shadow }: Pencil): Part[] {
  return [
    shadow(1),
    solid(box([-0.85, 0.4], [0.85, 0.5]), colour),
    solid(box([-0.85, 0.62], [0.85, 0.9]), colour, dimColour(colour, 0.7)),
    solid(box([-0.75, 0], [-0.65, 0.9]), iron),
    solid(box([0.65, 0], [0.75, 0.9]), iron),
  ];
}

function drawSign({ colour, accent }: Furniture, { place, ball, metre }: Pencil): Part[] {
  return [
    solid(bar(place(0, 0), place(0, 2.5), 0.08 * metre), iron),
    solid(ball(0, 2.45, 0.36), accent),
    solid(ball(0, 2.45, 0.25), colour),
  ];
}

function drawDumpster({ colour, accent }: Furniture, { place, box, shadow }: Pencil): Part[] {
  const tub = [place(-1.4, 0.1), place(-1.6, 1.25), place(1.6, 1.25), place(1.4, 0.1)];
  return [
    shadow(1.6),
    solid(tub, colour, dimColour(colour, 0.7)),
    solid(box([-1.65, 1.2], [1.65, 1.38]), dimColour(colour, 0.6)),
    sheer(box([-0.55, 0.4], [0.55, 0.95]), accent, 0.7),
  ];
}

function drawBillboard({ colour, accent }: Furniture, { box }: Pencil): Part[] {
  return [
    solid(box([-1.5, 0], [-1.38, 1.2]), iron),
    solid(box([1.38, 0], [1.5, 1.2]), iron),
    solid(box([-1.8, 0.75], [1.8, 2.5]), [226, 226, 222]),
    solid(box([-1.68, 0.85], [0.3, 2.4]), colour, dimColour(colour, 0.7)),
    solid(box([0.42, 1.3], [1.66, 2.4]), accent),
  ];
}
