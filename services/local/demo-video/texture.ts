/** A fixed pseudo-random number in [-1, 1) for a lattice point: texture without any state. */
export function grainAt(x: number, y: number, seed: number): number {
  let mixed = Math.imul(x, 374761393) + Math.imul(y, 668265263) + Math.imul(seed, 1274126177);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 1274126177);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2147483648 - 1;
}

/** Smooth noise in [-1, 1): grain on a lattice of the given pitch (pixels), blended between. */
export function cloudAt(
  x: number,
  y: number,
  { pitch, seed }: { pitch: number; seed: number },
): number {
  const latticeX = Math.floor(x / pitch);
  const latticeY = Math.floor(y / pitch);
  const alongX = ease(x / pitch - latticeX);
  const alongY = ease(y / pitch - latticeY);
  const upper =
    grainAt(latticeX, latticeY, seed) * (1 - alongX) +
    grainAt(latticeX + 1, latticeY, seed) * alongX;
  const lower =
    grainAt(latticeX, latticeY + 1, seed) * (1 - alongX) +
    grainAt(latticeX + 1, latticeY + 1, seed) * alongX;
  return upper * (1 - alongY) + lower * alongY;
}

function ease(fraction: number): number {
  return fraction * fraction * (3 - 2 * fraction);
}
