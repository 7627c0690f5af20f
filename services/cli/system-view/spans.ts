/** `0.8 s`, `12 s`, `2 min 5 s`, `3 h 4 min`: as exact as a person reads it. */
export function span(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 120) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `12 chunks`, `1 chunk`. */
export const chunksWord = (count: number): string => counted(count, 'chunk');

/** `2 nodes`, `1 node`. */
export const counted = (count: number, one: string): string =>
  `${count} ${one}${count === 1 ? '' : 's'}`;
