import { describe, expect, it } from 'vitest';
import { lastWordsOf } from '../../../../services/worker/executor/last-words.ts';

describe('the last words of a program', () => {
  it('are its error, not the version that Node prints after it', () => {
    const printed = [
      'node:internal/modules/run_main:123',
      "Error: Cannot find module 'onnxruntime-node'",
      '    at Module._resolveFilename (node:internal:1:1)',
      '',
      'Node.js v20.20.2',
      '',
    ].join('\n');
    expect(lastWordsOf(printed)).toBe("Error: Cannot find module 'onnxruntime-node'");
  });

  it('are its last line where no line names an error', () => {
    expect(lastWordsOf('first\nfree(): invalid pointer\n')).toBe('free(): invalid pointer');
  });

  it('are nothing where it printed nothing, and never long', () => {
    expect(lastWordsOf('\n')).toBe('');
    expect(lastWordsOf('x'.repeat(5000))).toHaveLength(300);
  });
});
