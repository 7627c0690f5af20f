import { ChunkError } from './chunk-error.ts';

/** Containers that are accepted, by FFmpeg's name of the demuxer that is then forced. */
export type Container = 'mov' | 'matroska' | 'mpegts';

const acceptedContainers = 'MP4/MOV, Matroska/WebM and MPEG-TS';

/** Sizes of a transport packet: plain, with a time stamp before it (M2TS), with error correction. */
const packetBytesKnown = [188, 192, 204];

/** Boxes that may stand at the top of an MP4 or MOV file. */
const topBoxes: ReadonlySet<string> = new Set([
  'ftyp',
  'styp',
  'moov',
  'moof',
  'mdat',
  'free',
  'skip',
  'wide',
  'sidx',
  'ssix',
  'emsg',
  'prft',
  'mfra',
  'uuid',
  'meta',
  'pdin',
]);

const knownRefused: readonly { readonly starts: string; readonly name: string }[] = [
  { starts: 'RIFF', name: 'RIFF (AVI or WAV)' },
  { starts: 'FLV', name: 'Flash video' },
  { starts: 'OggS', name: 'Ogg' },
  { starts: '#EXTM3U', name: 'an HLS playlist' },
  { starts: '<', name: 'XML or HTML' },
  { starts: '{', name: 'JSON' },
  { starts: 'ID3', name: 'MP3' },
  { starts: '\u0000\u0000\u0001', name: 'MPEG program stream or raw H.264/H.265' },
  { starts: '\u0000\u0000\u0000\u0001', name: 'raw H.264/H.265' },
  { starts: '\u00ff\u00d8\u00ff', name: 'JPEG' },
  { starts: '\u0089PNG', name: 'PNG' },
];

/**
 * Tells the container from the bytes. The content type is a claim and decides nothing; probing by
 * FFmpeg is not used, so that its hundreds of other demuxers are never reached by a stranger's bytes.
 *
 * @throws ChunkError `corrupt` for no bytes, `unsupported-container` otherwise.
 */
export function recognizeContainer(bytes: Buffer, contentType: string | null): Container {
  if (bytes.length === 0) throw new ChunkError('corrupt', 'the chunk has no bytes');
  if (topBoxes.has(bytes.toString('latin1', 4, 8))) return 'mov';
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0x1a45dfa3) return 'matroska';
  if (packetBytes(bytes) !== null) return 'mpegts';
  const start = bytes.toString('latin1', 0, 16);
  const known = knownRefused.find(({ starts }) => start.startsWith(starts));
  const found = known?.name ?? `bytes that start with ${bytes.subarray(0, 8).toString('hex')}`;
  const claim = contentType === null ? '' : ` (content type ${contentType})`;
  throw new ChunkError(
    'unsupported-container',
    `found ${found}${claim}; accepted are ${acceptedContainers}`,
  );
}

/** What the file's own account of its parts says is missing or misplaced, or null. */
export function findTruncation(container: Container, bytes: Buffer): string | null {
  switch (container) {
    case 'mov':
      return describeBoxes(bytes);
    case 'matroska':
      return describeShortage(segmentEnd(bytes), bytes.length);
    case 'mpegts': {
      const size = packetBytes(bytes) ?? 188;
      const rest = bytes.length % size;
      return rest === 0 ? null : `the last transport packet has ${rest} of ${size} bytes`;
    }
  }
}

function describeShortage(declared: number | null, given: number): string | null {
  if (declared === null || declared <= given) return null;
  return `the container declares ${declared} bytes and ${given} are given`;
}

/** A sync byte at the same place of up to four packets in a row, from the first byte on. */
function packetBytes(bytes: Buffer): number | null {
  for (const size of packetBytesKnown) {
    const offset = size === 192 ? 4 : 0;
    const places = [0, 1, 2, 3].map((index) => offset + index * size);
    const inside = places.filter((place) => place < bytes.length);
    const isSynced = inside.every((place) => bytes[place] === 0x47);
    if (isSynced && inside.length > 0 && bytes.length >= size) return size;
  }
  return null;
}

/** Walks the boxes at the top of an MP4 or MOV file, which must follow each other to the end. */
function describeBoxes(bytes: Buffer): string | null {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    // A last box may leave its length open, and zeros after the end are padding.
    if (length === 0) return null;
    const isLong = length === 1;
    const boxLength = isLong && at + 16 <= bytes.length ? longLength(bytes, at) : length;
    const isBox = /^[\x20-\x7e]{4}$/.test(bytes.toString('latin1', at + 4, at + 8));
    if (!isBox || (!isLong && length < 8))
      return `there is no box at byte ${at}, where one should be`;
    at += Math.max(isLong ? 16 : 8, boxLength);
  }
  return describeShortage(at, bytes.length);
}

function longLength(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64BE(at + 8));
}

/** Where the segment of a Matroska file says that it ends; null when it was written live. */
function segmentEnd(bytes: Buffer): number | null {
  const header = readElement(bytes, 0);
  if (header === null || header.dataBytes === null) return null;
  const segment = readElement(bytes, header.dataAt + header.dataBytes);
  if (segment === null || segment.id !== 0x18538067 || segment.dataBytes === null) return null;
  return segment.dataAt + segment.dataBytes;
}

interface EbmlElement {
  readonly id: number;
  readonly dataAt: number;
  /** Null when the length is unknown, which EBML writes as all ones. */
  readonly dataBytes: number | null;
}

/** Reads an element with a four byte identifier, as both elements at the top of Matroska have. */
function readElement(bytes: Buffer, at: number): EbmlElement | null {
  if (at + 5 > bytes.length) return null;
  const id = bytes.readUInt32BE(at);
  const width = Math.clz32(bytes[at + 4] ?? 0) - 23;
  if (width > 8 || at + 4 + width > bytes.length) return null;
  let value = (bytes[at + 4] ?? 0) & (0xff >> width);
  let isOpen = value === 0xff >> width;
  for (let index = 1; index < width; index += 1) {
    const byte = bytes[at + 4 + index] ?? 0;
    value = value * 256 + byte;
    isOpen &&= byte === 0xff;
  }
  return { id, dataAt: at + 4 + width, dataBytes: isOpen ? null : value };
}
