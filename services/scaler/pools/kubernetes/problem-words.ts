import { textAt } from './json-path.ts';
import type { Condition } from './node-facts.ts';
import { conditionOf } from './node-facts.ts';

/** What clouds and their controllers call a lack of machines, and orders that failed for good. */
const shortage =
  /insufficient|capacity|quota|exhaust|out ?of ?stock|stock ?out|unavailable|limit ?exceeded|not ?available/i;
const failure = /fail|error|denied|invalid/i;

/** What conditions say while all goes well. */
const waiting = ['AwaitingReconciliation', 'NotLaunched', 'NotReady', 'WaitingForInfrastructure'];

/**
 * Why a machine was not launched, if that is more than waiting. Karpenter keeps `Launched` at
 * `Unknown` with the reason of the failed call; without any capacity it deletes the claim at once,
 * which is noticed by the claim's end. Providers of Cluster API choose their reasons themselves.
 */
export function launchProblem(condition: Condition | null): string | null {
  if (condition === null || condition.status === 'True') return null;
  const { reason, message, severity } = condition;
  const words = [reason, message].filter((text) => text !== null).join(': ');
  if (reason !== null && waiting.includes(reason) && !shortage.test(message ?? '')) return null;
  const isProblem = severity === 'Error' || shortage.test(words) || failure.test(words);
  return isProblem ? shortened(words) : null;
}

/** What the conditions of a pool's object say against new machines. */
export function poolProblem(conditions: readonly unknown[]): string | null {
  for (const each of conditions) {
    const condition = conditionOf([each], textAt(each, 'type') ?? '');
    if (condition === null) continue;
    const { type, status, severity, message, reason } = condition;
    const words = [reason, message].filter((text) => text !== null).join(': ');
    // A static pool of Karpenter orders nothing while it is not ready.
    const isNotReady = type === 'Ready' && status === 'False' && severity === null;
    const hasFailed = status === 'False' && severity === 'Error';
    // So a MachineDeployment of v1beta2 says what keeps it from its size.
    const isBlocked = type === 'ScalingUp' && / is blocked because/.test(message ?? '');
    if (isNotReady || hasFailed || isBlocked) return shortened(words);
  }
  return null;
}

/** Into one line that a person reads. */
function shortened(words: string): string {
  const line = words.replaceAll(/\s+/g, ' ').trim();
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}
