import { expect, test } from 'vitest';
import { chunkRecord } from '../../../../services/cli/submit/chunk-record.ts';
import type { ChunkToSend } from '../../../../services/cli/submit/chunk-record.ts';
import { readChunk } from '../../../../services/shared/chunk/envelope.ts';
import { inlineBytesDefault, sizeLimits } from '../../../../services/shared/chunk/limits.ts';
import { headerBytes, headerTexts } from '../../../../services/shared/kafka/record-headers.ts';

const submittedAtMs = 1_769_860_800_000;
const chunk: ChunkToSend = {
  topic: 'spillway.intake.live',
  source: 'gate.mp4',
  id: 'call-0-7',
  number: 7,
  startMs: 14_014,
  durationMs: 2002,
  contentType: 'video/mp4',
  submittedAtMs,
  deadlineMs: 1500,
  model: 'yolox-nano',
  sha256: 'ab'.repeat(32),
  payload: { kind: 'inline', bytes: Buffer.from('video') },
};

/** As the dispatcher reads it. */
function readBack(sent: ChunkToSend): ReturnType<typeof readChunk> {
  const record = chunkRecord(sent);
  return readChunk(
    {
      coordinates: { priority: 'live', partition: 0, offset: 0 },
      headers: headerTexts(record.headers),
      headerBytes: headerBytes(record.headers),
      keyText: record.key?.toString('utf8') ?? null,
      valueBytes: record.value?.length ?? 0,
      appendedAtMs: submittedAtMs + 5,
    },
    { objectiveMs: { live: 30_000, standard: 300_000, bulk: 3_600_000 }, tenant: 'default' },
    sizeLimits(inlineBytesDefault),
  );
}

test('the dispatcher reads from a record everything that was put into it', () => {
  expect(readBack(chunk)).toMatchObject({
    kind: 'chunk',
    chunk: {
      source: 'gate.mp4',
      id: 'call-0-7',
      sequence: '00000007',
      startMs: 14_014,
      durationMs: 2002,
      submittedAtMs,
      deadlineAtMs: submittedAtMs + 1500,
      model: 'yolox-nano',
      contentType: 'video/mp4',
      declaredSha256: 'ab'.repeat(32),
      dataref: null,
    },
  });
});

test('what was not asked for is left to the installation', () => {
  expect(readBack({ ...chunk, model: null, deadlineMs: null })).toMatchObject({
    chunk: { model: null, deadlineAtMs: submittedAtMs + 30_000 },
  });
});

test('a claim check has a reference and no video', () => {
  const payload = { kind: 'claim-check' as const, reference: 'file:///claims/ab/abab' };
  expect(chunkRecord({ ...chunk, payload }).value).toBeNull();
  expect(readBack({ ...chunk, payload })).toMatchObject({
    chunk: { dataref: 'file:///claims/ab/abab' },
  });
});
