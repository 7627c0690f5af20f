import { expect, test } from 'vitest';
import { readSpan } from '../../../../services/cli/results/read-span.ts';

test.each([
  ['30s', 30_000],
  ['10m', 600_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
])('%s is %i ms', (given, milliseconds) => {
  expect(readSpan(given)).toBe(milliseconds);
});

test.each(['', '10', 'm', '1.5h', '-1m', '10 m', '1w'])(
  '%j is refused with what is accepted',
  (given) => {
    expect(() => readSpan(given)).toThrow('30s, 10m, 2h or 1d');
  },
);
