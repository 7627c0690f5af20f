import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { filesUnder, repositoryRoot } from '../support/source-files.ts';

/** Strict, so that a misspelt keyword is an error instead of a check that never happens. */
function compile(schema: object): void {
  new Ajv2020({ strict: true, allErrors: true, validateFormats: false }).compile(schema);
}

const paths = (await filesUnder(['services', 'charts'])).filter((path) =>
  path.endsWith('.schema.json'),
);

describe('the JSON schemas', () => {
  it.each(paths)('%s compiles, names its dialect, and says what it describes', async (path) => {
    const schema: unknown = JSON.parse(await readFile(join(repositoryRoot, path), 'utf8'));
    expect(schema).toMatchObject({
      $schema: expect.any(String),
      title: expect.any(String),
    });
    if (typeof schema === 'object' && schema !== null) compile(schema);
  });

  it('would be refused with a keyword that does not exist', () => {
    expect(() => compile({ type: 'object', requird: ['id'] })).toThrow('unknown keyword');
  });
});
