import { expect, it } from 'vitest';
import { conditions } from '../../../../services/shared/process/conditions.ts';

it('conditions keep the latest reason of each part, and none where it was cleared', () => {
  const open = conditions();
  open.report('kafka', 'no broker answered for 3 s');
  open.report('model', 'loading');
  open.report('kafka', 'no broker answered for 12 s');
  expect(open.reasons()).toEqual(['kafka: no broker answered for 12 s', 'model: loading']);
  open.report('kafka', null);
  open.report('model', null);
  expect(open.reasons()).toEqual([]);
});
