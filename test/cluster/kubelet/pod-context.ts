import type { V1Pod } from '@kubernetes/client-node';
import type { Keeper } from '../../../services/local/processes/keeper.ts';
import type { ClusterClient } from '../../support/kubernetes/cluster-client.ts';
import type { StagedImage } from '../../support/staged-image.ts';

/** What the small kubelet knows besides the pods. */
export interface KubeletTools {
  readonly client: ClusterClient;
  /** Where programs in pods find the API server. */
  readonly apiServerPort: number;
  /** By repository, without tag or digest. */
  readonly images: ReadonlyMap<string, StagedImage>;
  /** Volumes and roots of containers, removed with the pods. */
  readonly folder: string;
  /** `<namespace>_<pod>_<container>.log` of each container, through its restarts. */
  readonly logFolder: string;
  readonly keeper: Keeper;
}

/** One pod while it runs. */
export interface PodContext {
  readonly tools: KubeletTools;
  readonly pod: V1Pod;
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  /** Holds its volumes. */
  readonly folder: string;
}

/** `/api/v1/namespaces/…/pods/…` */
export const podPath = ({ namespace, name }: PodContext): string =>
  `/api/v1/namespaces/${namespace}/pods/${name}`;

/** @throws Error that names the image, as a kubelet that cannot pull. */
export function imageOf(context: PodContext, reference: string): StagedImage {
  const repository = reference.replace(/@sha256:.*$/, '').replace(/:[^:/]*$/, '');
  const image = context.tools.images.get(repository);
  if (image === undefined) throw new Error(`there is no image ${reference}`);
  return image;
}
