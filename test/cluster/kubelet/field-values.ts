import type { V1Pod } from '@kubernetes/client-node';

/** The value of a downward API field: `metadata.name`, `status.podIP`, `metadata.labels['app']`. */
export function fieldValue(pod: V1Pod, path: string, ip: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) {
    const [, place, key = ''] = keyed;
    return (place === 'labels' ? pod.metadata?.labels : pod.metadata?.annotations)?.[key] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata?.name ?? '';
    case 'metadata.namespace':
      return pod.metadata?.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata?.uid ?? '';
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.podIP':
      return ip;
    case 'status.hostIP':
      return '127.0.0.1';
  }
  throw new Error(`the small kubelet does not know the field ${path}`);
}
