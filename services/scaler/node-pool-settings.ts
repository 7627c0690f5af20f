import { z } from 'zod';
import type { PoolSettings } from '../policy/scaling/settings.ts';
import { group } from '../shared/process/environment.ts';
import type { Report } from '../shared/process/environment.ts';
import { optional, text } from '../shared/process/setting.ts';

const name = 'SPILLWAY_POOLS';
const agentName = 'SPILLWAY_POOLS_AGENT';
const secondMs = 1000;
/** A node that takes longer does not come. */
const bootSecondsMax = 7200;

const nodes = z.int().min(0).max(10_000);

/** Unknown keys are refused: a misspelt limit would be no limit. */
const poolShape = z.strictObject({
  pool: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  nodesMin: nodes,
  nodesMax: nodes,
  pricePerHour: z.number().min(0).max(1_000_000),
  slotsPerNode: z.int().min(1).max(1024),
  bootSeconds: z.number().min(0.1).max(bootSecondsMax),
  slotSpeed: z.number().min(0.001).max(100_000),
});

/** The pools that the scaler sizes, in order of preference, and who holds their nodes. */
export const nodePoolSettings = group(
  {
    json: text(name, {
      purpose:
        'The node pools to size, in order of preference, as a JSON list of objects: pool (its name), ' +
        'nodesMin, nodesMax, pricePerHour (only ratios matter), slotsPerNode (chunks computed at a ' +
        'time on one node), and until they were measured bootSeconds (from the order to a loaded ' +
        'worker) and slotSpeed (seconds of video per second of one slot).',
      accepts: 'a JSON list of pools such as [{"pool":"gpu","nodesMin":0,"nodesMax":4, …}]',
      pattern: /^\s*\[[\s\S]*\]\s*$/,
      default: '[]',
    }),
    agent: optional(
      text(agentName, {
        purpose: 'Where the agent that holds the nodes of this machine listens.',
        accepts: 'an address such as http://127.0.0.1:41234',
        pattern: /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}\/?$/,
      }),
    ),
  },
  ({ json, agent }, report): NodePoolsConfig => {
    const pools = poolsOf(json, report);
    if (pools.length > 0 && agent === null) {
      report(`${name} lists ${pools.length} pool(s); ${agentName}, which holds them, is not set.`);
    }
    return { pools, agent };
  },
);

export interface NodePoolsConfig {
  readonly pools: readonly PoolSettings[];
  /** `null`: there are no nodes to order. */
  readonly agent: string | null;
}

function poolsOf(json: string, report: Report): readonly PoolSettings[] {
  const given = listed(json);
  if (typeof given === 'string') {
    report(`${name} is no JSON: ${given}.`);
    return [];
  }
  const parsed = z.array(poolShape).max(100).safeParse(given);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      report(`${name}${path.map(shownStep).join('')}: ${message}.`);
    }
    return [];
  }
  for (const [index, { pool, nodesMin, nodesMax }] of parsed.data.entries()) {
    if (nodesMin > nodesMax) {
      report(`${name}[${index}]: nodesMin is ${nodesMin}, more than nodesMax ${nodesMax}.`);
    }
    if (parsed.data.findIndex((other) => other.pool === pool) < index) {
      report(`${name}[${index}]: there is a pool ${pool} before it; each name stands once.`);
    }
  }
  return parsed.data.map(({ bootSeconds, slotSpeed, ...pool }) => ({
    ...pool,
    bootMsPrior: bootSeconds * secondMs,
    slotSpeedPrior: slotSpeed,
  }));
}

/** The list, or why it is none. */
function listed(json: string): unknown[] | string {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : 'it is no list';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const shownStep = (step: PropertyKey): string =>
  typeof step === 'number' ? `[${step}]` : `.${String(step)}`;
