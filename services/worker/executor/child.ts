import type { Clock } from '../../shared/clock/ports.ts';
import { loadRepositories, type ServedModel } from '../models/load.ts';
import { ModelError } from '../models/model-error.ts';
import type { ModelRuntime } from '../models/ports.ts';
import { ChunkError, isRetriable } from './chunk-error.ts';
import type { Decoder } from './decoder-ports.ts';
import type { ExecutorChunk, ExecutorFailure, ExecutorOutcome } from './ports.ts';
import type { ChildSettings, FromChild, ToChild } from './protocol.ts';
import { describeModel, runChunk, type ChunkTools } from './run-chunk.ts';

export interface ChildAdapters {
  readonly openRuntime: (settings: ChildSettings) => ModelRuntime;
  readonly openDecoder: (settings: ChildSettings) => Decoder;
  readonly clock: Clock;
  readonly say: (message: FromChild) => void;
}

/** The executor child behind its channel: answers one message after the other. */
export function answerMessages(adapters: ChildAdapters): (message: ToChild) => Promise<void> {
  let bench: Bench | null = null;
  const answer = async (message: ToChild): Promise<void> => {
    switch (message.type) {
      case 'load':
        bench = await load(message.settings, adapters);
        return;
      case 'execute':
        for (const chunk of message.chunks) {
          // One at a time: both libraries block this process while they work.
          const outcome = await computeChunk(chunk, bench);
          adapters.say({ type: 'outcome', outcome });
        }
        return;
    }
  };
  let last = Promise.resolve();
  return (message) => (last = last.then(() => answer(message)));
}

/** What a loaded child works with. */
interface Bench {
  readonly models: readonly ServedModel[];
  readonly defaultModel: ServedModel | null;
  readonly tools: ChunkTools;
}

async function load(settings: ChildSettings, adapters: ChildAdapters): Promise<Bench | null> {
  try {
    const runtime = adapters.openRuntime(settings);
    const { models, notices } = await loadRepositories(settings, runtime);
    const defaultModel = chooseDefault(models, settings.defaultModel);
    adapters.say({ type: 'loaded', models: models.map(describeModel), notices });
    const decoder = adapters.openDecoder(settings);
    return {
      models,
      defaultModel,
      tools: { decoder, limits: settings.limits, clock: adapters.clock },
    };
  } catch (error) {
    adapters.say({ type: 'load-failed', message: messageOf(error) });
    return null;
  }
}

function chooseDefault(models: readonly ServedModel[], name: string | null): ServedModel | null {
  if (name === null) return models.length === 1 ? (models[0] ?? null) : null;
  const model = models.find((candidate) => candidate.name === name);
  if (model !== undefined) return model;
  throw new ModelError(
    'bad-repository',
    `the default model ${name} is in no repository; there are ${namesOf(models)}`,
  );
}

async function computeChunk(chunk: ExecutorChunk, bench: Bench | null): Promise<ExecutorOutcome> {
  try {
    if (bench === null) throw new Error('a chunk came before the models were loaded');
    return await runChunk(chunk, findModel(chunk, bench), bench.tools);
  } catch (error) {
    return failureOf(chunk.key, error);
  }
}

function findModel(chunk: ExecutorChunk, bench: Bench): ServedModel {
  if (chunk.model === null) {
    if (bench.defaultModel !== null) return bench.defaultModel;
    throw new ChunkError(
      'unknown-model',
      `the chunk names no model and there is no default; there are ${namesOf(bench.models)}`,
    );
  }
  const model = bench.models.find(({ name }) => name === chunk.model);
  if (model !== undefined) return model;
  throw new ChunkError(
    'unknown-model',
    `the chunk asks for model ${chunk.model}; there are ${namesOf(bench.models)}`,
  );
}

function failureOf(key: string, error: unknown): ExecutorFailure {
  const reason = reasonOf(error);
  return {
    kind: 'failure',
    key,
    reason,
    message: messageOf(error),
    retriable: isRetriable(reason),
  };
}

function reasonOf(error: unknown): ExecutorFailure['reason'] {
  if (error instanceof ChunkError) return error.reason;
  const isProvider = error instanceof ModelError && error.code === 'infer-failed';
  return isProvider ? 'provider-failed' : 'executor-failed';
}

function namesOf(models: readonly ServedModel[]): string {
  return models.map(({ name }) => name).join(', ');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
