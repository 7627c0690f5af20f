import { KubernetesError } from '../ports.ts';
import type { KubernetesErrorCode } from '../ports.ts';
import { describeRequest } from './api-request.ts';
import type { ApiRequest } from './api-request.ts';
import { field, textField } from './json-field.ts';

/** What a server answered, be it a success or not. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** A server that is told to rest for longer is asked again all the same. */
const retryAfterMsMax = 60_000;

/** More of a message that no server of Kubernetes wrote helps nobody. */
const quotedCharactersMax = 300;

/** What a custom resource's scale says while its object has no number of replicas yet. */
const withoutReplicas = /spec replicas field .* does not exist/;

/** The error of an answer that is no success, in one line: what was asked of whom, what came back, what to do. */
export function answerError(request: ApiRequest, server: string, answer: Answer): KubernetesError {
  const status = parsed(answer.text);
  const reason = textField(status, 'reason') ?? '';
  const message = textField(status, 'message') ?? answer.text.slice(0, quotedCharactersMax);
  const code = codeOf(answer.status, message);
  const what = [String(answer.status), reason].filter((part) => part !== '').join(' ');
  return new KubernetesError(
    code,
    `Asked ${server} to ${describeRequest(request)}: ${what}${message === '' ? '' : `, ${oneLine(message)}`}` +
      advice(request, answer.status, code),
    { retryAfterMs: retryAfterMs(answer, status) },
  );
}

/** The error of a request that got no answer. */
export function transportError(
  request: ApiRequest,
  server: string,
  failure: { readonly text: string; readonly cause?: unknown },
): KubernetesError {
  return new KubernetesError(
    'unreachable',
    `Asked ${server} to ${describeRequest(request)}: ${oneLine(failure.text)}. ` +
      'Is the API server up, and may this program reach it?',
    { cause: failure.cause },
  );
}

function codeOf(status: number, message: string): KubernetesErrorCode {
  if (withoutReplicas.test(message)) return 'invalid';
  if (status === 429 || status >= 500) return 'unreachable';
  if (status === 409) return 'conflict';
  if (status === 404) return 'not-found';
  if (status === 401 || status === 403) return 'forbidden';
  return status === 400 || status === 422 ? 'invalid' : 'unexpected';
}

function advice(request: ApiRequest, status: number, code: KubernetesErrorCode): string {
  const { verb, resource, type } = request;
  switch (code) {
    case 'forbidden': {
      if (status === 401) return ' (are the credentials of this program valid?)';
      const group = type.group === '' ? 'the core API group' : `API group ${type.group}`;
      const role = type.namespace === null ? 'ClusterRole' : `Role in ${type.namespace}`;
      return ` (its ${role} needs the verb "${verb}" on "${resource}" of ${group})`;
    }
    case 'not-found':
      return ' (is the name right, and is its type installed?)';
    case 'invalid':
      return request.verb === 'get' ? ' (set spec.replicas on the object)' : '';
    case 'unreachable':
    case 'conflict':
    case 'unexpected':
      return '';
  }
}

/** In the header, or in the body where the answer came within a watch. */
function retryAfterMs(answer: Answer, status: unknown): number | null {
  const told = answer.retryAfter ?? field(field(status, 'details'), 'retryAfterSeconds');
  const seconds = Number(told ?? Number.NaN);
  if (!Number.isFinite(seconds) || seconds <= 0) return null;
  return Math.min(seconds * 1000, retryAfterMsMax);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
