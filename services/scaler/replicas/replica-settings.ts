import { z } from 'zod';
import { group } from '../../shared/process/environment.ts';
import { text } from '../../shared/process/setting.ts';
import { parseJsonList } from '../json-list.ts';
import type { WorkerDeployment } from './replica-writer.ts';

const name = 'SPILLWAY_REPLICAS';

const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const poolName = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);
const place = {
  namespace: objectName,
  name: objectName,
  context: z.string().min(1).max(253).optional(),
};

const deploymentShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('gpu'), pool: poolName, ...place }),
  z.strictObject({ kind: z.literal('cpu'), pool: z.null().optional(), ...place }),
]);

/** Deployments of workers whose replicas this scaler writes itself; none where KEDA does. */
export const replicaSettings = group(
  {
    json: text(name, {
      purpose:
        'The Deployments of workers whose replicas the scaler writes itself, as a JSON list of ' +
        'objects: kind (gpu or cpu), pool (the node pool of GPU workers), namespace, name, context ' +
        '(of the kubeconfig). Two writers of one Deployment fight: leave it out where KEDA scales.',
      accepts:
        'a JSON list such as [{"kind":"gpu","pool":"l4","namespace":"spillway","name":"workers"}]',
      pattern: /^\s*\[[\s\S]*\]\s*$/,
      default: '[]',
    }),
  },
  ({ json }, report): readonly WorkerDeployment[] => {
    const given = parseJsonList(json, { name, shape: deploymentShape, report });
    const deployments = given.map((each): WorkerDeployment => {
      const target = { namespace: each.namespace, name: each.name };
      return { kind: each.kind, pool: each.pool ?? null, context: each.context ?? null, ...target };
    });
    for (const [index, each] of deployments.entries()) {
      const before = deployments.slice(0, index);
      const complain = (problem: string): void => report(`${name}[${index}]: ${problem}.`);
      if (before.some((other) => placeOf(other) === placeOf(each))) {
        complain(`${each.name} in ${each.namespace} stands before it; each Deployment stands once`);
      }
      if (before.some(({ kind, pool }) => kind === each.kind && pool === each.pool)) {
        const workers = each.pool === null ? 'CPU workers' : `GPU workers of ${each.pool}`;
        complain(`another Deployment before it is that of the ${workers}; there is one`);
      }
    }
    return deployments;
  },
);

const placeOf = ({ context, namespace, name: object }: WorkerDeployment): string =>
  `${context ?? ''} ${namespace} ${object}`;
