import { describe, expect, it } from 'vitest';
import {
  choice,
  flag,
  list,
  number,
  optional,
  seconds,
  secretText,
  text,
  wholeNumber,
} from '../../../../services/shared/process/setting.ts';

const purpose = 'For the test.';
const paths = { purpose, accepts: 'a path', pattern: /^\/.+$/ };

describe('a setting', () => {
  it.each([
    [flag('A', { purpose }), { type: 'boolean' }],
    [wholeNumber('A', { purpose, min: 1, max: 9 }), { type: 'integer', minimum: 1, maximum: 9 }],
    [number('A', { purpose, min: 0, max: 0.5 }), { type: 'number', minimum: 0, maximum: 0.5 }],
    [seconds('A', { purpose, min: 0, max: 60 }), { type: 'number', minimum: 0, maximum: 60 }],
    [choice('A', { purpose, choices: ['b', 'c'] }), { type: 'string', enum: ['b', 'c'] }],
    [text('A', paths), { type: 'string', pattern: String.raw`^\/.+$` }],
    [
      list('A', paths),
      { type: 'array', items: { type: 'string', pattern: String.raw`^\/.+$` }, minItems: 1 },
    ],
    [optional(flag('A', { purpose })), { type: 'boolean' }],
  ])('says what files may hold of it: %#', (setting, inFiles) => {
    expect(setting.inFiles).toEqual(inFiles);
  });

  it('that is secret is in no file', () => {
    expect(secretText('A', { purpose }).inFiles).toBeNull();
  });
});
