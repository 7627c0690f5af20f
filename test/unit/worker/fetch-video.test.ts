import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LaneOrder } from '../../../services/shared/chunk/lane-record.ts';
import { createFileStore } from '../../../services/shared/object-store/file-store.ts';
import { fetchVideo } from '../../../services/worker/fetch-video.ts';
import { laneOrder } from '../../support/lane-order.ts';

const video = Buffer.from('a video');
const sha256 = createHash('sha256').update(video).digest('hex');

describe('fetching the video of a chunk', () => {
  let folder = '';
  let root = '';
  const reference = (...path: readonly string[]): string => pathToFileURL(join(...path)).href;
  const fetch = (order: Partial<LaneOrder>, bytesMax = 1000) =>
    fetchVideo({ ...laneOrder, ...order }, null, { store: createFileStore(root), bytesMax });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spillway-claims-'));
    root = join(folder, 'root');
    await mkdir(root);
    await writeFile(join(root, 'clip.mp4'), video);
    await writeFile(join(folder, 'secret'), 'not for workers');
    await symlink(join(folder, 'secret'), join(root, 'link'));
    await mkdir(join(folder, 'root-of-another'));
    await writeFile(join(folder, 'root-of-another', 'clip.mp4'), video);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes inline bytes as they came', async () => {
    const store = createFileStore(null);
    expect(await fetchVideo(laneOrder, video, { store, bytesMax: 0 })).toEqual({
      kind: 'video',
      bytes: video,
    });
  });

  it('reads what a claim check names, if its digest is as promised', async () => {
    const dataref = reference(root, 'clip.mp4');
    expect(await fetch({ dataref })).toEqual({ kind: 'video', bytes: video });
    expect(await fetch({ dataref, declaredSha256: sha256 })).toMatchObject({ kind: 'video' });
  });

  it('refuses for good what has another digest', async () => {
    const declaredSha256 = '0'.repeat(64);
    const fetched = await fetch({ dataref: reference(root, 'clip.mp4'), declaredSha256 });
    expect(fetched).toMatchObject({ reason: 'digest-mismatch', retriable: false });
  });

  it.each([
    ['beside the root', () => reference(folder, 'secret')],
    ['above the root, by dots', () => `${reference(root)}/../secret`],
    ['above the root, by encoded dots', () => `${reference(root)}/%2e%2e/secret`],
    ['outside, through a link', () => reference(root, 'link')],
    [
      'in a folder whose name only begins as the root',
      () => reference(folder, 'root-of-another', 'clip.mp4'),
    ],
    ['behind another scheme', () => 'http://169.254.169.254/latest/meta-data'],
    ['on another host', () => 'file://elsewhere/clip.mp4'],
    ['nowhere', () => 'clip.mp4'],
  ])('refuses for good what lies %s', async (_, dataref) => {
    const fetched = await fetch({ dataref: dataref() });
    expect(fetched).toMatchObject({ reason: 'dataref-refused', retriable: false });
  });

  it('refuses every claim check where no root is set', async () => {
    const order = { ...laneOrder, dataref: reference(root, 'clip.mp4') };
    const fetched = await fetchVideo(order, null, { store: createFileStore(null), bytesMax: 1000 });
    expect(fetched).toMatchObject({ reason: 'dataref-refused', retriable: false });
  });

  it('refuses for good what is larger than allowed', async () => {
    const fetched = await fetch({ dataref: reference(root, 'clip.mp4') }, video.length - 1);
    expect(fetched).toMatchObject({ reason: 'dataref-refused', retriable: false });
  });

  it('may be tried again when the file is not there yet', async () => {
    const fetched = await fetch({ dataref: reference(root, 'later.mp4') });
    expect(fetched).toMatchObject({ reason: 'dataref-unavailable', retriable: true });
  });
});
