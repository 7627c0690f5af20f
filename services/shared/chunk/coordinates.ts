import { priorities } from './words.ts';
import type { Priority } from './words.ts';

/** Where a chunk lies in intake. Two chunks never share coordinates; a retry has new ones. */
export interface Coordinates {
  readonly priority: Priority;
  readonly partition: number;
  /** Kafka offset; intake would need 2^53 chunks in one partition to leave the exact integers. */
  readonly offset: number;
}

/** `live/3/1042`: readable in logs, usable as a map key, and an identity for chunks without one. */
export function coordinatesKey({ priority, partition, offset }: Coordinates): string {
  return `${priority}/${partition}/${offset}`;
}

/** Exact inverse of `coordinatesKey`: no second spelling, such as leading zeros, is accepted. */
export function parseCoordinates(key: string): Coordinates | null {
  const match = /^([a-z]+)\/(0|[1-9]\d{0,8})\/(0|[1-9]\d{0,14})$/.exec(key);
  const priority = priorities.find((name) => name === match?.[1]);
  if (match === null || priority === undefined) return null;
  return { priority, partition: Number(match[2]), offset: Number(match[3]) };
}
