import { expect, test } from 'vitest';
import { Sending } from '../../../../services/cli/submit/sending.ts';

const mebibyte = 1024 * 1024;

/** Sends that end when they are told to. */
function openSends(): {
  readonly send: () => Promise<void>;
  readonly ends: ((error?: Error) => void)[];
} {
  const ends: ((error?: Error) => void)[] = [];
  const send = (): Promise<void> =>
    new Promise((resolve, reject) => {
      ends.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  return { send, ends };
}

/** Lets everything happen that waits for nothing outside. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

test('no more than 64 MiB are under way, and the next send starts when there is room', async () => {
  const { send, ends } = openSends();
  const sending = new Sending();
  await sending.add(40 * mebibyte, send);
  const second = sending.add(40 * mebibyte, send);
  await settle();
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await second;
  expect(ends).toHaveLength(2);
});

test('a chunk larger than the bound goes alone rather than never', async () => {
  const { send, ends } = openSends();
  await new Sending().add(200 * mebibyte, send);
  expect(ends).toHaveLength(1);
});

test('after a failure nothing more is started, and the failure is told', async () => {
  const { send, ends } = openSends();
  const sending = new Sending();
  await sending.add(1, send);
  ends[0]?.(new Error('the broker is gone'));
  await settle();
  await expect(sending.add(1, send)).rejects.toThrow('the broker is gone');
  await expect(sending.finish()).rejects.toThrow('the broker is gone');
  expect(ends).toHaveLength(1);
});
