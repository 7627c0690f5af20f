import { describe, expect, it } from 'vitest';
import { readIgnoreFile } from '../../support/images/ignored.ts';

describe('what Docker leaves out of a build', () => {
  it.each([
    ['*', 'README.md', true],
    ['*\n!services', 'services/worker/main.ts', false],
    ['*\n!services\nservices/decisions', 'services/decisions/0001.md', true],
    ['services/*.py', 'services/worker/train.py', false],
    ['services/*/*.py', 'services/worker/train.py', true],
    ['**/*.py', 'services/worker/train.py', true],
    ['**/*.py', 'train.py', true],
    ['docs/**', 'docs/a/b.md', true],
    ['docs/', 'docs/a/b.md', true],
    ['# *', 'README.md', false],
    ['a.md', 'a-md', false],
  ])('by "%s" the path %s: %s', (text, path, isLeftOut) => {
    expect(readIgnoreFile(text)(path)).toBe(isLeftOut);
  });
});
