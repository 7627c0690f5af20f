/** One seed for all properties, printed with any failure; another one is tried by changing it here. */
export const runs = { seed: 20_261_122, numRuns: 300 } as const;
