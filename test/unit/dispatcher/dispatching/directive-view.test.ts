import { describe, expect, it } from 'vitest';
import { createDirectiveView } from '../../../../services/dispatcher/dispatching/directive-view.ts';
import { directiveBatch, directiveOf } from '../../../support/told-directive.ts';

const atMs = 5_000_000;
const stamped = (term: number, sequence: number) => directiveOf({ leader: { term, sequence } });

describe('the view of the directive', () => {
  it('knows none before one was heard', () => {
    expect(createDirectiveView().at(atMs)).toEqual({ state: 'none', newest: null });
  });

  it('follows a directive until its expiry by the clock of the broker, and then says so', () => {
    const view = createDirectiveView();
    const directive = directiveOf({ expiresAtMs: atMs });
    view.apply(directiveBatch([directive]));
    expect(view.at(atMs)).toEqual({ state: 'followed', newest: directive });
    expect(view.at(atMs + 1)).toEqual({ state: 'expired', newest: directive });
  });

  it('follows the next directive after one that expired', () => {
    const view = createDirectiveView();
    const expired = directiveOf({ expiresAtMs: atMs - 1, leader: { term: 1, sequence: 1 } });
    const next = directiveOf({ expiresAtMs: atMs + 1, leader: { term: 1, sequence: 2 } });
    view.apply(directiveBatch([expired, next]));
    expect(view.at(atMs)).toEqual({ state: 'followed', newest: next });
  });

  it.each([
    ['a former leader', [stamped(2, 1), stamped(1, 9)]],
    ['an earlier tick', [stamped(2, 1), stamped(2, 0)]],
    ['the same tick', [stamped(2, 1), { ...stamped(2, 1), degradeLevel: 1 }]],
  ])('is not led back by %s', (_, said) => {
    const view = createDirectiveView();
    view.apply(directiveBatch(said));
    expect(view.at(atMs).newest).toEqual(said[0]);
  });

  it('goes over to a later leader, however few words it has said', () => {
    const view = createDirectiveView();
    view.apply(directiveBatch([stamped(1, 70), stamped(2, 0)]));
    expect(view.at(atMs).newest?.leader).toEqual({ term: 2, sequence: 0 });
  });

  it('passes over memory, decisions and tombstones, and names what is no directive', () => {
    const view = createDirectiveView();
    expect(view.apply(directiveBatch([null]))).toEqual([]);
    expect(view.apply(directiveBatch([stamped(1, 1)], 'memory'))).toEqual([]);
    const [problem] = view.apply(directiveBatch(['{"leader":7}']));
    expect(problem).toContain('directive/0 offset 0');
    expect(view.at(atMs).state).toBe('none');
  });
});
