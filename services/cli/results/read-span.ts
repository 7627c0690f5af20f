import { InvalidArgumentError } from 'commander';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `10m` as milliseconds: a whole number and s, m, h or d. */
export function readSpan(given: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(given);
  const unit = Object.entries(unitMs).find(([name]) => name === match?.[2]);
  if (match === null || unit === undefined) {
    throw new InvalidArgumentError('It must be a number and a unit: 30s, 10m, 2h or 1d.');
  }
  return Number(match[1]) * unit[1];
}
