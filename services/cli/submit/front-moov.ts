interface Box {
  readonly type: string;
  readonly at: number;
  readonly end: number;
}

const containers: ReadonlySet<string> = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);

/**
 * Moves an MP4 file's index before its media, so that it can be played from a pipe. FFmpeg's own
 * `faststart` opens the file a second time, which a file in memory does not allow.
 *
 * @param file uint8, an MP4 file without fragments, of less than 2 GiB. Left as it is when its
 *   index is in front already.
 */
export function withMoovInFront(file: Buffer): Buffer {
  const boxes = boxesIn(file, 0, file.length);
  const moov = boxes.find(({ type }) => type === 'moov');
  const media = boxes.find(({ type }) => type === 'mdat');
  if (moov === undefined || media === undefined || moov.at < media.at) return file;
  const index = Buffer.from(file.subarray(moov.at, moov.end));
  shiftChunkOffsets(index, { start: 8, end: index.length, by: index.length });
  return Buffer.concat([
    file.subarray(0, media.at),
    index,
    file.subarray(media.at, moov.at),
    file.subarray(moov.end),
  ]);
}

function shiftChunkOffsets(
  index: Buffer,
  range: { readonly start: number; readonly end: number; readonly by: number },
): void {
  for (const box of boxesIn(index, range.start, range.end)) {
    if (containers.has(box.type)) {
      shiftChunkOffsets(index, { start: box.at + 8, end: box.end, by: range.by });
    }
    if (box.type !== 'stco' && box.type !== 'co64') continue;
    const count = index.readUInt32BE(box.at + 12);
    for (let entry = 0; entry < count; entry += 1) {
      if (box.type === 'stco') {
        const at = box.at + 16 + entry * 4;
        index.writeUInt32BE(index.readUInt32BE(at) + range.by, at);
      } else {
        const at = box.at + 16 + entry * 8;
        index.writeBigUInt64BE(index.readBigUInt64BE(at) + BigInt(range.by), at);
      }
    }
  }
}

function boxesIn(file: Buffer, start: number, end: number): readonly Box[] {
  const boxes: Box[] = [];
  for (let at = start; at + 8 <= end;) {
    const short = file.readUInt32BE(at);
    const length = short === 1 ? Number(file.readBigUInt64BE(at + 8)) : short;
    if (length < 8 || at + length > end) throw new Error(`an MP4 box at ${at} has a false length`);
    boxes.push({ type: file.toString('latin1', at + 4, at + 8), at, end: at + length });
    at += length;
  }
  return boxes;
}
