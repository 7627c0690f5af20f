import { describe, expect, it } from 'vitest';
import { answerError } from '../../../../../services/shared/kubernetes/api/answer-error.ts';
import type { ApiRequest } from '../../../../../services/shared/kubernetes/api/api-request.ts';

const type = { group: 'apps', version: 'v1', plural: 'deployments', namespace: 'video' };
const request: ApiRequest = {
  verb: 'update',
  type,
  resource: 'deployments/scale',
  name: 'gpu-worker',
  path: '/',
};
const server = 'https://10.0.0.1:6443';

const error = (status: number, body: unknown, retryAfter?: string) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return answerError(request, server, { status, retryAfter, text });
};

describe('the error of an answer', () => {
  it('says in one line what was asked of whom, what came back, and what to do', () => {
    const { message } = error(403, { reason: 'Forbidden', message: 'no\nway' });
    expect(message).toBe(
      'Asked https://10.0.0.1:6443 to update deployments.apps/scale gpu-worker in namespace video: ' +
        '403 Forbidden, no way (its Role in video needs the verb "update" on "deployments/scale" of ' +
        'API group apps)',
    );
  });

  it('quotes the beginning of what is no answer of Kubernetes', () => {
    const { code, message } = error(502, `<html>${'x'.repeat(1000)}`);
    expect(code).toBe('unreachable');
    expect(message.length).toBeLessThan(450);
    expect(message).toContain('502, <html>');
  });

  it('tells a wait from the header or the body, in whole or not at all', () => {
    expect(error(429, {}, '7').retryAfterMs).toBe(7000);
    expect(error(429, { details: { retryAfterSeconds: 3 } }).retryAfterMs).toBe(3000);
    expect(error(429, {}, '86400').retryAfterMs).toBe(60_000);
    for (const nothing of ['-1', '0', 'soon', 'Wed, 21 Oct 2026 07:28:00 GMT']) {
      expect(error(429, {}, nothing).retryAfterMs).toBeNull();
    }
  });

  it('has a code for every status', () => {
    const codes = [400, 401, 404, 405, 409, 418, 422, 429, 500, 504].map((status) => [
      status,
      error(status, {}).code,
    ]);
    expect(Object.fromEntries(codes)).toEqual({
      400: 'invalid',
      401: 'forbidden',
      404: 'not-found',
      405: 'unexpected',
      409: 'conflict',
      418: 'unexpected',
      422: 'invalid',
      429: 'unreachable',
      500: 'unreachable',
      504: 'unreachable',
    });
  });
});
