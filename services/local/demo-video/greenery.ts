import { dimColour, type Colour } from './colour.ts';
import type { Pencil } from './pencil.ts';
import { solid, type Outline, type Part } from './shapes.ts';

const leaves: readonly [Colour, Colour, Colour, Colour] = [
  [58, 96, 44],
  [76, 118, 52],
  [96, 136, 62],
  [50, 82, 46],
];

function leafColour(cluster: number): Colour {
  return leaves[cluster % leaves.length] ?? leaves[0];
}

/** `phase`, in radians, places the crown's leaves: no two trees are alike. `sway` is -1 to 1. */
export function drawTree(phase: number, { place, ball }: Pencil, sway: number): Part[] {
  const trunk: Outline = [place(-0.17, 0), place(-0.1, 2.4), place(0.1, 2.4), place(0.19, 0)];
  const parts = [solid(trunk, [92, 72, 54], [70, 54, 42])];
  for (let cluster = 0; cluster < 9; cluster += 1) {
    const angle = phase * 3 + cluster * 2.4;
    const reach = 0.25 + 0.75 * ((cluster * 0.37 + phase) % 1);
    const bend = sway * 0.1 * (1 + 0.4 * (cluster % 3));
    const x = Math.cos(angle) * reach * 0.95 + bend;
    const y = 3.05 + Math.sin(angle) * reach * 0.7;
    const green = leafColour(cluster);
    parts.push(solid(ball(x, y, 0.62), dimColour(green, 1.12), dimColour(green, 0.72)));
  }
  return parts;
}

/** `height` in metres is what the bush stands on. */
export function drawBush(
  phase: number,
  { ball }: Pencil,
  { sway, height }: { readonly sway: number; readonly height: number },
): Part[] {
  return Array.from({ length: 6 }, (_, cluster) => {
    const x = -0.6 + cluster * 0.24 + sway * 0.03;
    const y = height + 0.32 + 0.2 * Math.abs(Math.sin(phase + cluster * 1.9));
    const green = leafColour(cluster + 1);
    return solid(ball(x, y, 0.33), dimColour(green, 1.1), dimColour(green, 0.7));
  });
}
