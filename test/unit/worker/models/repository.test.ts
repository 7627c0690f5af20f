import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scanRepositories } from '../../../../services/worker/models/repository.ts';
import { folderWith, tinyManifest } from '../../../support/model-repository.ts';

describe('a model repository', () => {
  test('gives each model its version and the files of its variants', () => {
    const folder = folderWith({
      'tiny/manifest.json': { ...tinyManifest, variants: { fp32: 'a.onnx', int8: 'b.onnx' } },
      'tiny/1/a.onnx': '',
      'tiny/1/b.onnx': '',
      'plain/1/model.onnx': '',
      'README.md': 'not a model',
    });
    const [plain, tiny] = scanRepositories([folder]);
    expect(plain).toMatchObject({ name: 'plain', version: '1', manifest: null });
    expect(tiny).toMatchObject({ name: 'tiny', version: '1' });
    expect(tiny?.files.get('int8')).toBe(join(folder, 'tiny/1/b.onnx'));
  });

  test('serves the highest version as a number when the manifest names none', () => {
    const { version: _, ...manifest } = tinyManifest;
    const folder = folderWith({
      'tiny/manifest.json': manifest,
      'tiny/9/model.onnx': '',
      'tiny/10/model.onnx': '',
      'tiny/old/model.onnx': '',
    });
    expect(scanRepositories([folder])).toMatchObject([{ version: '10' }]);
  });

  test('is refused with the problems of all of its models', () => {
    const folder = folderWith({
      'a/manifest.json': { ...tinyManifest, name: 'b' },
      'a/1/model.onnx': '',
      'c/manifest.json': '{',
      'd/notes.txt': '',
      'e/manifest.json': { ...tinyManifest, name: 'e', version: '2' },
      'e/1/model.onnx': '',
    });
    const scan = (): unknown => scanRepositories([folder, join(folder, 'missing')]);
    expect(scan).toThrow(/a\/manifest\.json: name: is b, but its folder is called a/);
    expect(scan).toThrow(/c\/manifest\.json: is not JSON/);
    expect(scan).toThrow(/d: no manifest\.json and no <version>\/model\.onnx/);
    expect(scan).toThrow(/e\/manifest\.json: variants\.fp32: .*e\/2\/model\.onnx does not exist/);
    expect(scan).toThrow(/missing: cannot be read as a model repository/);
  });

  test('is refused when two hold a model of one name, and when none holds any', () => {
    const files = { 'tiny/manifest.json': tinyManifest, 'tiny/1/model.onnx': '' };
    const [one, other] = [folderWith(files), folderWith(files)];
    expect(() => scanRepositories([one, other])).toThrow(/the model tiny is also in/);
    expect(() => scanRepositories([folderWith({ 'README.md': '' })])).toThrow(/no model in/);
    expect(() => scanRepositories([])).toThrow(/none was given/);
  });
});
