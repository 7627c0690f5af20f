import { describe, expect, test } from 'vitest';
import { manifestExample, parseManifest } from '../../../../services/worker/models/manifest.ts';
import { tinyManifest } from '../../../support/model-repository.ts';

function problemsOf(value: unknown): readonly string[] {
  const parsed = parseManifest(JSON.stringify(value));
  return parsed.ok ? [] : parsed.problems;
}

describe('a manifest', () => {
  test('is read as it is written', () => {
    expect(parseManifest(JSON.stringify(tinyManifest))).toEqual({
      ok: true,
      manifest: tinyManifest,
    });
  });

  test('is shown to operators by an example that is itself a manifest', () => {
    expect(problemsOf(JSON.parse(manifestExample))).toEqual([]);
  });

  test('is refused with all of its problems at once', () => {
    const problems = problemsOf({
      ...tinyManifest,
      name: undefined,
      input: { ...tinyManifest.input, resize: 'crop', scale: 0 },
      output: { ...tinyManifest.output, scoreThreshold: 2 },
      classes: [],
    });
    expect(problems.map((problem) => problem.split(':', 1)[0])).toEqual(
      expect.arrayContaining([
        'classes',
        'input.resize',
        'input.scale',
        'name',
        'output.scoreThreshold',
      ]),
    );
    expect(problems).toHaveLength(5);
  });

  test.each([
    ['an unknown key', { ...tinyManifest, framesPerSec: 2 }, /framesPerSec/],
    [
      'an unknown key inside',
      { ...tinyManifest, input: { ...tinyManifest.input, w: 1 } },
      /input.*"w"/,
    ],
    ['an unknown decoder', { ...tinyManifest, output: { decoder: 'yolo' } }, /output\.decoder/],
    [
      'an unknown variant',
      { ...tinyManifest, variants: { fp32: 'a.onnx', fp8: 'a.onnx' } },
      /variants.*fp8/,
    ],
    ['no variant', { ...tinyManifest, variants: {} }, /variants: must name at least one file/],
    [
      'a path',
      { ...tinyManifest, variants: { fp32: '../a.onnx' } },
      /variants\.fp32: must be a plain/,
    ],
    ['a class twice', { ...tinyManifest, classes: ['a', 'a'] }, /classes: names "a" twice/],
    [
      'a size that is no multiple of a stride',
      { ...tinyManifest, input: { ...tinyManifest.input, width: 40 } },
      /input\.width: 40 is not a multiple of the stride 32/,
    ],
  ])('is refused with %s', (_, value, message) => {
    expect(problemsOf(value)).toEqual([expect.stringMatching(message)]);
  });

  test('is refused when it is no JSON', () => {
    const parsed = parseManifest('{ name: tiny }');
    expect(parsed).toMatchObject({ ok: false, problems: [expect.stringMatching(/^is not JSON/)] });
  });
});
