import type { Clock } from '../../shared/clock/ports.ts';
import { CommandError } from '../command-error.ts';
import { isHidden, presentationOf } from './node-av-source.ts';
import type { NodeAvSource } from './node-av-source.ts';
import type { VideoIndex } from './video-index.ts';

/** Packets after which other work gets a turn: a few milliseconds of reading. */
const packetsAtOnce = 2_000;

/**
 * Reads through the file once, from its first key frame on, keeping no video.
 *
 * @returns the index and the number of packets to leave out before it.
 * @throws CommandError `input` when there is no key frame or a frame has no time.
 */
export async function readIndex(
  source: NodeAvSource,
  path: string,
  clock: Clock,
): Promise<{ readonly index: VideoIndex; readonly skipped: number }> {
  const presentations: bigint[] = [];
  const [keys, hidden, packetBytes]: readonly [number[], number[], number[]] = [[], [], []];
  let skipped = 0;
  let latest = { ticks: 0n, duration: 0n };
  for (let packet = source.read(); packet !== null; packet = source.read()) {
    const ticks = presentationOf(packet);
    if (presentations.length === 0 && (!packet.isKeyframe || ticks === null)) {
      skipped += 1;
      continue;
    }
    if (ticks === null) {
      const reason = `frame ${presentations.length} has no time`;
      throw new CommandError('input', `${path} cannot be submitted: ${reason}`);
    }
    if (presentations.length === 0 || ticks > latest.ticks) {
      latest = { ticks, duration: packet.duration };
    }
    presentations.push(ticks);
    keys.push(packet.isKeyframe ? 1 : 0);
    // What leads the first key frame in presentation needs frames of an earlier recording.
    const isLeading = ticks < (presentations[0] ?? ticks);
    hidden.push(isHidden(packet) || isLeading ? 1 : 0);
    packetBytes.push(packet.size);
    if (presentations.length % packetsAtOnce === 0) await clock.sleepMs(0);
  }
  if (!hidden.includes(0)) {
    const reason =
      skipped === 0 ? 'it shows no frames' : `none of its ${skipped} frames is a key frame`;
    throw new CommandError('input', `${path} cannot be submitted: ${reason}`);
  }
  const index = {
    tickLength: source.tickLength,
    presentations: BigInt64Array.from(presentations),
    keys: Uint8Array.from(keys),
    hidden: Uint8Array.from(hidden),
    packetBytes: Uint32Array.from(packetBytes),
    lastFrameTicks: latest.duration,
  };
  return { index, skipped };
}
