import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPool } from '../../support/executor-pool.ts';
import { folderWith, tinyManifest } from '../../support/model-repository.ts';

describe('an executor child that cannot load its models', () => {
  test('names the file that is no network', async () => {
    const repository = folderWith({
      'tiny/manifest.json': tinyManifest,
      'tiny/1/model.onnx': 'not a network',
    });
    const opening = openPool({ settings: { repositories: [repository] } });
    await expect(opening).rejects.toMatchObject({
      code: 'load-failed',
      message: expect.stringContaining(join(repository, 'tiny/1/model.onnx')),
    });
  });

  test('refuses to serve as gpu without a GPU, and says what it needs', async () => {
    await expect(openPool({ settings: { kind: 'gpu' } })).rejects.toMatchObject({
      code: 'load-failed',
      message: expect.stringMatching(/cannot get an execution provider .*cuda.*NVIDIA driver/s),
    });
  });

  test('is given up when it is not ready in time', async () => {
    await expect(openPool({ pool: { loadMsMax: 1 } })).rejects.toMatchObject({
      code: 'load-timed-out',
    });
  });
});
