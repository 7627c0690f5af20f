import { describe, expect, it } from 'vitest';
import { createKnownIdentities } from '../../../../services/dispatcher/reading/known-identities.ts';
import { at } from '../../../support/dispatcher-term.ts';

const accepted = (chunk: string) => ({ coordinates: at(chunk), digest: `digest of ${chunk}` });
const camera = { source: 'camera', id: '1' };

describe('known identities', () => {
  it('find what was remembered under the same source and id only', () => {
    const known = createKnownIdentities();
    known.remember(camera, accepted('live/0/1'), 0);
    expect(known.find(camera)).toMatchObject(accepted('live/0/1'));
    expect(known.find({ source: 'camera', id: '2' })).toBeNull();
    expect(known.find({ source: 'another', id: '1' })).toBeNull();
  });

  it('keep source and id apart, whatever they hold', () => {
    const known = createKnownIdentities();
    known.remember({ source: 'a/b', id: 'c' }, accepted('live/0/1'), 0);
    expect(known.find({ source: 'a', id: 'b/c' })).toBeNull();
  });

  it('take the later word for the accepted record', () => {
    const known = createKnownIdentities();
    known.remember(camera, accepted('live/0/1'), 0);
    known.remember(camera, accepted('bulk/0/9'), 10);
    expect(known.find(camera)).toMatchObject(accepted('bulk/0/9'));
    expect(known.size()).toBe(1);
  });

  it('forget what is older than the window and keep the rest', () => {
    const known = createKnownIdentities();
    known.remember(camera, accepted('live/0/1'), 0);
    known.remember({ ...camera, id: '2' }, accepted('live/0/2'), 100);
    known.remember(camera, accepted('live/0/1'), 200);
    known.forgetBefore(150);
    expect(known.find({ ...camera, id: '2' })).toBeNull();
    expect(known.find(camera)).not.toBeNull();
  });

  it('forget one on demand', () => {
    const known = createKnownIdentities();
    known.remember(camera, accepted('live/0/1'), 0);
    known.forget(camera);
    expect(known.find(camera)).toBeNull();
  });
});
