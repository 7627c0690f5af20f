import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readTrigger } from '../../../../services/scaler/keda/trigger.ts';
import { dispatcherGroup, topicsWithPrefix } from '../../../../services/shared/chunk/topics.ts';
import { priorities } from '../../../../services/shared/chunk/words.ts';
import { repositoryRoot } from '../../../support/source-files.ts';

interface Manifest {
  readonly spec: {
    readonly fallback: { readonly replicas: number; readonly behavior: string };
    readonly advanced: {
      readonly scalingModifiers: { readonly formula: string; readonly target: string };
    };
    readonly triggers: readonly {
      readonly type: string;
      readonly name: string;
      readonly metadata: Readonly<Record<string, string>>;
      readonly useCachedMetrics?: boolean;
    }[];
  };
}

const topics = topicsWithPrefix('spillway.');
const installation = {
  topicPrefix: topics.prefix,
  sized: [
    { kind: 'gpu' as const, pool: 'l4' },
    { kind: 'cpu' as const, pool: null },
  ],
};
const manifestOf = (file: string): Manifest =>
  parse(readFileSync(join(repositoryRoot, 'keda', file), 'utf8')) as Manifest;

describe.each(['gpu-workers.yaml', 'cpu-workers.yaml'])('%s', (file) => {
  const { spec } = manifestOf(file);
  const [own, ...fallback] = spec.triggers;

  test('asks the scaler first, in words that it takes', () => {
    expect(own).toMatchObject({ type: 'external-push', name: 'spillway' });
    expect(readTrigger(own?.metadata ?? {}, installation)).toMatchObject({ kind: 'given' });
  });

  test('falls back on the intake of each priority, with the group that settles it', () => {
    expect(fallback.map(({ type, name }) => [type, name])).toEqual(
      priorities.map((priority) => ['kafka', priority]),
    );
    for (const [index, priority] of priorities.entries()) {
      expect(fallback[index]?.metadata).toMatchObject({
        topic: topics.intake(priority),
        consumerGroup: dispatcherGroup(topics),
        allowIdleConsumers: 'true',
        scaleToZeroOnInvalidOffset: 'false',
      });
    }
  });

  test('divides each lag by the threshold of its trigger, and ends at one worker, never at zero', () => {
    const terms = fallback.map(
      ({ name, metadata }) => `(${name} ?? 0) / ${metadata['lagThreshold']}`,
    );
    const { formula, target } = spec.advanced.scalingModifiers;
    expect(formula).toBe(`spillway ?? max(${terms.join(' + ')}, 1)`);
    expect(target).toBe('1');
    expect(spec.fallback).toMatchObject({ behavior: 'scalingModifiers', replicas: 1 });
    expect(spec.triggers.filter(({ useCachedMetrics }) => useCachedMetrics === true)).toEqual([]);
  });
});
