import { fileURLToPath } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { systemClock } from '../../shared/clock/system.ts';
import { onnxRuntime } from '../models/onnx.ts';
import { answerMessages } from './child.ts';
import { nodeAvDecoder } from './node-av-decoder.ts';
import { dieWithParent } from './parent-watch.ts';
import type { FromChild, ToChild } from './protocol.ts';

/**
 * The executor child: the only process that decodes strangers' bytes and runs networks. Started by
 * `ExecutorSlot` with a channel; has no configuration and no credentials of its own.
 */
function start(): void {
  const watch = new Worker(fileURLToPath(import.meta.url));
  watch.unref();
  Log.setLevel(AV_LOG_QUIET);
  // A signal to the whole terminal is the parent's to answer: it drains, then closes its children.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('disconnect', () => process.exit(0));
  const answer = answerMessages({
    openRuntime: ({ kind, emulated, threads }) =>
      onnxRuntime({ kind: emulated ? 'cpu' : kind, threads }),
    openDecoder: ({ threads }) => nodeAvDecoder({ threads }),
    clock: systemClock,
    say: (message: FromChild) => process.send?.(message),
  });
  process.on('message', (message: ToChild) => void answer(message));
}

if (isMainThread) start();
else dieWithParent();
