import type { Heartbeat } from '../../services/shared/chunk/fleet.ts';
import { mebibyte } from '../../services/shared/chunk/limits.ts';
import type { Topics } from '../../services/shared/chunk/topics.ts';
import type { OutgoingRecord } from '../../services/shared/kafka/ports.ts';
import { textHeaders } from '../../services/shared/kafka/record-headers.ts';

/** What moves through Kafka in the dispatcher bench, the same for both of its halves. */
export type FlowCase = 'claim checks' | '1 MB inline';

export const partitions = { intake: 2, lane: { gpu: 2, cpu: 1 }, done: 1, outcomes: 1 };

export const lanePartitions: Heartbeat['partitions'] = Array.from(
  { length: partitions.lane.gpu },
  (_, partition) => ({ priority: 'live', partition }),
);

/** Not zeros, so that nothing on the way has it easy. */
const inlineBytes = Buffer.from(
  Uint8Array.from({ length: mebibyte }, (_, index) => (index * 167 + (index >> 8)) & 0xff),
);

/** Chunks as a producer of ours writes them; `round` makes their identities new. */
export function chunkRecords(
  topics: Topics,
  flowCase: FlowCase,
  { round, count }: { readonly round: string; readonly count: number },
): readonly OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const place: readonly (readonly [string, string])[] =
      flowCase === 'claim checks'
        ? [
            ['ce_dataref', `file:///video/camera-${index % 16}/${round}-${index}.mp4`],
            ['ce_datasha256', '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef'],
          ]
        : [];
    return {
      topic: topics.intake('live'),
      partition: index % partitions.intake,
      key: Buffer.from(`camera-${index % 16}`),
      value: flowCase === 'claim checks' ? null : inlineBytes,
      headers: textHeaders([
        ['ce_specversion', '1.0'],
        ['ce_type', 'spillway.chunk.v1'],
        ['ce_source', `camera-${index % 16}`],
        ['ce_id', `${round}-${index}`],
        ['ce_durationms', '2000'],
        ['content-type', 'video/mp4'],
        ...place,
      ]),
    };
  });
}

const frames = [0, 500, 1000, 1500].map((presentationMs) => ({
  presentationMs,
  detections: [{ class: 'car', score: 0.87, box: [104, 88, 61, 40] }],
}));

const answer = {
  model: 'bench',
  modelVersion: '1',
  variant: 'fp32',
  device: 'gpu',
  executionProvider: 'none',
  emulated: false,
  width: 640,
  height: 360,
  durationMs: 2000,
  frames,
  computeMs: 1,
};

const encodedAnswer = Buffer.from(JSON.stringify(answer), 'utf8');

/** A result's body of four frames; `startedAtMs` is epoch time, where it is to be told. */
export const answerBody = (startedAtMs: number | null): Buffer =>
  startedAtMs === null ? encodedAnswer : Buffer.from(JSON.stringify({ ...answer, startedAtMs }));

/** As long as what the dispatcher puts into the header of a lane record, and before a result's body. */
export const orderBytes = Buffer.alloc(520, 'x');
export const resultHeadBytes = Buffer.alloc(300, 'x');
