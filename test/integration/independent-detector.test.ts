import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../services/local/project-folder.ts';
import type { FrameResult } from '../../services/shared/chunk/result.ts';
import {
  bottleVideo,
  expectedBottles,
  missingForBottles,
  unmatched,
  yoloxNano,
} from '../support/bottle-detection.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';

const python = process.env['SPILLWAY_TEST_PYTHON'] ?? 'python3';
const program = join(projectFolder(), 'test/support/independent-detector.py');

function missing(): string | null {
  const data = missingForBottles();
  if (data !== null) return data;
  try {
    execFileSync(python, ['-c', 'import av, numpy, onnxruntime'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'Python with PyAV, numpy and onnxruntime: pip install -r test/support/requirements.txt, and set SPILLWAY_TEST_PYTHON to that Python';
  }
}

describeUnlessMissing('the expectation for the real video', missing(), () => {
  test('is what the independent program finds', () => {
    const printed = execFileSync(python, [program, bottleVideo, yoloxNano], { encoding: 'utf8' });
    const found: { readonly frames: readonly FrameResult[] } = JSON.parse(printed);
    const expected = expectedBottles();
    const times = (frames: readonly FrameResult[]): readonly number[] =>
      frames.map(({ presentationMs }) => presentationMs);
    expect(times(found.frames)).toEqual(times(expected));
    // Compared as boxes and not as digits: other processors round otherwise.
    expect(unmatched(found.frames, expected)).toEqual([]);
    expect(unmatched(expected, found.frames)).toEqual([]);
  });
});
