import { runCommand } from '../../../services/local/processes/command.ts';
import type { Keeper } from '../../../services/local/processes/keeper.ts';
import { clusterBinary } from '../../support/cluster-binaries.ts';

export interface ToolOptions {
  readonly kubeconfig: string;
  /** Caches of the tool go here. */
  readonly folder: string;
  readonly keeper: Keeper;
}

/**
 * Runs kubectl or helm to its end as the cluster's administrator.
 *
 * @throws Error with what it said, if it failed.
 */
export async function runTool(
  tool: 'kubectl' | 'helm',
  commandArguments: readonly string[],
  options: ToolOptions,
): Promise<readonly string[]> {
  const end = await runCommand({
    command: clusterBinary(tool),
    commandArguments,
    environment: { HOME: options.folder, KUBECONFIG: options.kubeconfig, PATH: '/usr/bin:/bin' },
    keeper: options.keeper,
  });
  if (end.outcome !== 'done') {
    throw new Error(`${tool} ${commandArguments.join(' ')}: ${end.lines.join('\n')}`);
  }
  return end.lines;
}
