import { join } from 'node:path';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../services/local/project-folder.ts';
import { ownedByTemplates, programs, valueName, variableName } from './schema/setting-schemas.ts';
import { valuesSchema } from './schema/values-schema.ts';

const variables = [...new Set(Object.values(programs).flat())].map(({ name }) => name);

describe('values.schema.json', () => {
  it('is what the settings of the programs say (made again by npm run chart:schema)', async () => {
    const path = join(projectFolder(), 'charts/spillway/values.schema.json');
    const options = { parser: 'json', printWidth: 100 };
    await expect(await format(JSON.stringify(valuesSchema()), options)).toMatchFileSnapshot(path);
  });

  it.each(variables.filter((name) => name.startsWith('SPILLWAY_')))(
    'has one name for %s, from which the variable follows',
    (variable) => {
      expect(variableName(valueName(variable))).toBe(variable);
    },
  );

  it('leaves nothing to the templates that no program knows', () => {
    const unknown = ownedByTemplates.filter(
      (owned) => !variables.some((variable) => variable.startsWith(owned)),
    );
    expect(unknown).toEqual([]);
  });
});
