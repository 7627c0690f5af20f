import type { Random } from '../../shared/clock/ports.ts';

/** Uniform in [min, max). */
export function drawBetween(random: Random, min: number, max: number): number {
  return min + (max - min) * random.next();
}

/** A whole number from min to max, both included. */
export function drawWhole(random: Random, min: number, max: number): number {
  return min + Math.floor(random.next() * (max - min + 1));
}

/** True in `fraction` (0 to 1) of the draws. */
export function drawChance(random: Random, fraction: number): boolean {
  return random.next() < fraction;
}

export function drawOne<Choice>(
  random: Random,
  choices: readonly [Choice, ...(readonly Choice[])],
): Choice {
  return choices[Math.floor(random.next() * choices.length)] ?? choices[0];
}
