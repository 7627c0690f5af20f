import type { V1ServiceAccountTokenProjection } from '@kubernetes/client-node';
import type { PodContext } from './pod-context.ts';

interface TokenAnswer {
  readonly status: { readonly token: string };
}

const secondsDefault = 3600;

/** A token for the pod's account that is void once the pod is gone. It outlives any test. */
export async function requestToken(
  { tools, pod, namespace, name }: PodContext,
  wanted: V1ServiceAccountTokenProjection,
): Promise<string> {
  const account = pod.spec?.serviceAccountName ?? 'default';
  const answer = await tools.client.create<TokenAnswer>(
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: wanted.audience === undefined ? [] : [wanted.audience],
        expirationSeconds: wanted.expirationSeconds ?? secondsDefault,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid: pod.metadata?.uid ?? '' },
      },
    },
  );
  return answer.status.token;
}
