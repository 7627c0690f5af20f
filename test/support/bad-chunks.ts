import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DeadLetterReason } from '../../services/shared/chunk/reasons.ts';
import { audioOnly, hugePictures, randomBytes, truncated, withoutFrames } from './broken-clips.ts';
import type { SubmittedChunk } from './installation/installation.ts';

/** Where a bad chunk is made: what a good one would be, and the folder of claim checks. */
export interface Place {
  readonly clip: Buffer;
  readonly claimRoot: string;
  readonly inlineBytesMax: number;
  readonly claimBytesMax: number;
}

/** A chunk that must end as a dead letter, and what that must say. */
export interface BadChunk {
  readonly name: string;
  readonly make: (place: Place) => Pick<SubmittedChunk, 'value' | 'headers'>;
  readonly reason: DeadLetterReason;
  /** What was found, and what is accepted or can be done. */
  readonly says: readonly (string | RegExp)[];
  /** Tries of workers; 0 where the dispatcher refuses the chunk when it reads it. */
  readonly attempts: number;
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const otherDigest = sha256Of(Buffer.from('another video'));

/** One record after the other that no worker can make anything of; headers first, then bytes. */
const badVideos: readonly BadChunk[] = [
  {
    name: 'random bytes',
    make: () => ({ value: randomBytes(5000, 7) }),
    reason: 'unsupported-container',
    says: [/^found bytes that start with [0-9a-f]{16}/, 'accepted are MP4/MOV, Matroska/WebM'],
    attempts: 1,
  },
  {
    name: 'a container that was cut off',
    make: ({ clip }) => ({ value: truncated(clip, 0.5) }),
    reason: 'corrupt',
    says: [/declares \d+ bytes and \d+ are given/],
    attempts: 1,
  },
  {
    name: 'a video of no frames',
    make: () => ({ value: withoutFrames() }),
    reason: 'no-frames',
    says: ['no frames'],
    attempts: 1,
  },
  {
    name: 'a picture of 8192 x 8192',
    make: () => ({ value: hugePictures('mp4') }),
    reason: 'too-many-pixels',
    says: ['8192 x 8192', /9000000|9 (million|megapixels)/],
    attempts: 1,
  },
  {
    name: 'sound without pictures',
    make: () => ({ value: audioOnly() }),
    reason: 'no-video',
    says: ['no video stream, only aac'],
    attempts: 1,
  },
  {
    name: 'a model that nobody serves',
    make: ({ clip }) => ({ value: clip, headers: { ce_model: 'gone' } }),
    reason: 'unknown-model',
    says: ['asks for model gone', 'there are traffic-demo'],
    attempts: 1,
  },
];

const badRecords: readonly BadChunk[] = [
  {
    name: 'a null value',
    make: () => ({ value: null }),
    reason: 'empty',
    says: ['the record is empty', 'ce_dataref'],
    attempts: 0,
  },
  {
    name: 'an empty value',
    make: () => ({ value: Buffer.alloc(0), headers: { ce_id: 'nothing' } }),
    reason: 'empty',
    says: ['the record is empty', 'ce_dataref'],
    attempts: 0,
  },
  {
    name: 'one byte more than may travel inline',
    make: ({ inlineBytesMax }) => ({ value: Buffer.alloc(inlineBytesMax + 1, 7) }),
    reason: 'too-large',
    says: ['1048577 bytes', 'at most 1048576', 'ce_dataref'],
    attempts: 0,
  },
  {
    name: 'bytes other than those of its digest',
    make: ({ clip }) => ({ value: clip, headers: { ce_datasha256: otherDigest } }),
    reason: 'digest-mismatch',
    says: ['header ce_datasha256', otherDigest, /bytes received have SHA-256 [0-9a-f]{64}/],
    attempts: 0,
  },
];

/** All on a good video, which is never looked at. */
function badHeader(name: string, headers: SubmittedChunk['headers'] & object): BadChunk {
  const [header = ''] = Object.keys(headers);
  return {
    name,
    make: ({ clip }) => ({ value: clip, headers }),
    reason: 'bad-header',
    says: [`header ${header} is "`, 'accepted: '],
    attempts: 0,
  };
}

const badHeaders: readonly BadChunk[] = [
  badHeader('a time that is none', { ce_time: 'yesterday' }),
  badHeader('a day that no calendar has', { ce_time: '2026-02-30T12:00:00Z' }),
  badHeader('a deadline that is none', { ce_deadline: '1700000000' }),
  badHeader('a negative duration', { ce_durationms: '-2000' }),
  badHeader('a place before the stream', { ce_startms: '-1' }),
  badHeader('a digest that is none', { ce_datasha256: 'abc' }),
  badHeader('a type of event that is not ours', { ce_type: 'com.example.picture' }),
  badHeader('an identity that is not UTF-8', { ce_id: Buffer.from('ff41fe42', 'hex') }),
  badHeader('an identity that a terminal would obey', { ce_source: '\u001b[2Jcamera' }),
  {
    name: 'headers of 40 KiB',
    make: ({ clip }) => ({ value: clip, headers: { 'their-own': 'x'.repeat(40 * 1024) } }),
    reason: 'headers-too-large',
    says: ['headers take 40969 bytes', 'at most 32768'],
    attempts: 0,
  },
];

function badReference(
  name: string,
  referenceIn: (place: Place) => string,
  says: BadChunk['says'],
): BadChunk {
  return {
    name,
    make: (place) => ({ value: null, headers: { ce_dataref: referenceIn(place) } }),
    reason: 'dataref-refused',
    says: [...says],
    attempts: 1,
  };
}

const underRoot = /accepted: file:\/\/ references under \/\S+/;

const badClaimChecks: readonly BadChunk[] = [
  badReference('a claim check outside of the folder', () => 'file:///etc/hostname', [
    'file:///etc/hostname lies outside',
    underRoot,
  ]),
  badReference(
    'a claim check that climbs out of the folder',
    ({ claimRoot }) => `file://${claimRoot}/../../etc/hostname`,
    ['/../../etc/hostname lies outside', underRoot],
  ),
  badReference(
    'a claim check that a link leads outside',
    ({ claimRoot }) => {
      symlinkSync('/etc/hostname', join(claimRoot, 'link.mp4'));
      return pathToFileURL(join(claimRoot, 'link.mp4')).href;
    },
    ['link.mp4 lies outside', underRoot],
  ),
  badReference('a claim check in another store', () => 'https://example.com/clip.mp4', [
    'https://example.com/clip.mp4 is refused',
    underRoot,
  ]),
  badReference('a claim check that is no reference', () => 'clip.mp4', [
    'clip.mp4 is refused',
    underRoot,
  ]),
  badReference(
    'a claim check for more than is accepted',
    ({ claimRoot, claimBytesMax }) => {
      const file = join(claimRoot, 'long.mp4');
      writeFileSync(file, '');
      truncateSync(file, claimBytesMax + 1);
      return pathToFileURL(file).href;
    },
    ['holds 2097153 bytes', 'at most 2097152'],
  ),
  badReference(
    'a claim check for a folder',
    ({ claimRoot }) => {
      mkdirSync(join(claimRoot, 'folder.mp4'));
      return pathToFileURL(join(claimRoot, 'folder.mp4')).href;
    },
    ['folder.mp4 is no file', 'accepted: regular files'],
  ),
  badReference(
    'a claim check for a pipe that nobody writes to',
    ({ claimRoot }) => {
      execFileSync('mkfifo', [join(claimRoot, 'pipe.mp4')]);
      return pathToFileURL(join(claimRoot, 'pipe.mp4')).href;
    },
    ['pipe.mp4 is no file', 'accepted: regular files'],
  ),
  {
    name: 'a claim check for bytes other than those of its digest',
    make: ({ claimRoot, clip }) => {
      const file = join(claimRoot, 'replaced.mp4');
      writeFileSync(file, clip);
      const headers = { ce_dataref: pathToFileURL(file).href, ce_datasha256: otherDigest };
      return { value: null, headers };
    },
    reason: 'digest-mismatch',
    says: ['header ce_datasha256', otherDigest, /replaced\.mp4 has SHA-256 [0-9a-f]{64}/],
    attempts: 1,
  },
];

/** The only one worth another try: the file may still come. */
export const missingFile: BadChunk = {
  name: 'a claim check for a file that is not there',
  make: ({ claimRoot }) => ({
    value: null,
    headers: { ce_dataref: pathToFileURL(join(claimRoot, 'gone.mp4')).href },
  }),
  reason: 'dataref-unavailable',
  says: ['gone.mp4 cannot be read', 'ENOENT', '(after 3 attempts)'],
  attempts: 3,
};

export const badChunks: readonly BadChunk[] = [
  missingFile,
  ...badVideos,
  ...badRecords,
  ...badHeaders,
  ...badClaimChecks,
];
