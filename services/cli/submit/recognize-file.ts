/** Containers that can be read, by FFmpeg's name of the demuxer that is then used. */
export type FileContainer = 'mov' | 'matroska' | 'mpegts' | 'avi' | 'flv';

export const containersReadable = 'MP4/MOV, Matroska/WebM, MPEG-TS, AVI and Flash video';

/** Boxes with which an MP4 or MOV file may begin. */
const firstBoxes: ReadonlySet<string> = new Set([
  'ftyp',
  'styp',
  'moov',
  'moof',
  'mdat',
  'free',
  'skip',
  'wide',
  'sidx',
  'pdin',
]);

/** Bytes needed to tell: four transport packets of the longest kind. */
export const recognitionBytes = 1024;

/**
 * Tells the container from a file's first bytes, or `null`. FFmpeg's own probing would take a text
 * for a video of letters and a playlist for an invitation to open other files.
 */
export function recognizeFile(start: Buffer): FileContainer | null {
  if (firstBoxes.has(start.toString('latin1', 4, 8))) return 'mov';
  if (start.length >= 4 && start.readUInt32BE(0) === 0x1a45dfa3) return 'matroska';
  if (start.toString('latin1', 0, 4) === 'RIFF' && start.toString('latin1', 8, 12) === 'AVI ') {
    return 'avi';
  }
  if (start.toString('latin1', 0, 3) === 'FLV') return 'flv';
  return isTransportStream(start) ? 'mpegts' : null;
}

/** Workers read these as they are; anything else has to be repacked. */
export function contentTypeOf(container: FileContainer): string | null {
  switch (container) {
    case 'mov':
      return 'video/mp4';
    case 'matroska':
      return 'video/x-matroska';
    case 'mpegts':
      return 'video/mp2t';
    case 'avi':
    case 'flv':
      return null;
  }
}

/** Packets are plain, have a time stamp before them (M2TS) or error correction behind them. */
function isTransportStream(start: Buffer): boolean {
  return [188, 192, 204].some((size) => {
    const offset = size === 192 ? 4 : 0;
    const places = [0, 1, 2, 3].map((packet) => offset + packet * size);
    return start.length >= size && places.every((at) => at >= start.length || start[at] === 0x47);
  });
}
