import { ProcessError } from './errors.ts';
import type { Environment } from './ports.ts';
import { redacted } from './secret.ts';
import type { Reading, Setting } from './setting.ts';
import { unknownNames } from './unknown-names.ts';

/**
 * How a process reads its settings: one `config.ts` per process holds a tree of settings, whose
 * shape is the shape of the config, and a function that reads it. Nothing happens at import.
 *
 * ```ts
 * const settings = {
 *   kafka: kafkaSettings,
 *   ...processSettings,
 *   lanes: group(
 *     {
 *       horizonMs: seconds('SPILLWAY_LANE_HORIZON_SECONDS', {
 *         purpose: 'Work kept in a lane. Too low starves workers, too high binds chunks early.',
 *         min: 0.1, max: 60, default: 2,
 *       }),
 *       fetchMs: seconds('SPILLWAY_LANE_FETCH_SECONDS', { … }),
 *     },
 *     (lanes, report) => {
 *       if (lanes.fetchMs >= lanes.horizonMs) report('SPILLWAY_LANE_FETCH_SECONDS is … but …');
 *       return lanes;
 *     },
 *   ),
 * };
 * export type DispatcherConfig = ConfigOf<typeof settings>;
 * export function parseConfig(environment: Environment): DispatcherConfig {
 *   return parseEnvironment(settings, environment);
 * }
 * ```
 *
 * `main.ts` hands in `process.env`. Names carry units; ours begin with `SPILLWAY_`.
 */
export interface SettingTree {
  readonly [key: string]: Setting<unknown> | Group<unknown> | SettingTree;
}

/** A part of the tree with rules between its settings, or with a shape of its own. */
export interface Group<Value> {
  readonly kind: 'group';
  readonly tree: SettingTree;
  read(context: ReadContext): Reading<Value>;
}

/** Takes one clear line that names the variables, their values and what would be accepted. */
export type Report = (problem: string) => void;

interface ReadContext {
  readonly environment: Environment;
  readonly report: Report;
}

export type ConfigOf<Node> =
  Node extends Setting<infer Value>
    ? Value
    : Node extends Group<infer Value>
      ? Value
      : { readonly [Key in keyof Node]: ConfigOf<Node[Key]> };

/**
 * `finish` runs once every setting of the group is good. It reports what does not fit together, and
 * returns the value that the config gets, which is thrown away if anything was reported.
 */
export function group<Tree extends SettingTree, Value>(
  tree: Tree,
  finish: (values: ConfigOf<Tree>, report: Report) => Value,
): Group<Value> {
  return {
    kind: 'group',
    tree,
    read: (context) => {
      const values = readTree(tree, context);
      if (!values.isAccepted) return values;
      let isAccepted = true;
      const value = finish(values.value, (problem) => {
        isAccepted = false;
        context.report(problem);
      });
      return isAccepted ? { isAccepted, value } : { isAccepted };
    },
  };
}

/**
 * Reads every setting of the tree and looks for names with our prefix that it does not know.
 *
 * @throws ProcessError `config-invalid` with all problems, one line each. A person must correct the
 * environment; trying again does not help.
 */
export function parseEnvironment<Tree extends SettingTree>(
  settings: Tree,
  environment: Environment,
): ConfigOf<Tree> {
  const problems: string[] = [];
  const report: Report = (problem) => problems.push(problem);
  const config = readTree(settings, { environment, report });
  const names = listSettings(settings).map((setting) => setting.name);
  problems.push(...unknownNames(names, environment));
  if (config.isAccepted && problems.length === 0) return config.value;
  throw new ProcessError('config-invalid', problems);
}

/** All settings of a tree in its order: for manuals, and for starting a process with only its own. */
export function listSettings(tree: SettingTree): readonly Setting<unknown>[] {
  return Object.values(tree).flatMap((node) => {
    if (isSetting(node)) return [node];
    return listSettings(isGroup(node) ? node.tree : node);
  });
}

function readTree<Tree extends SettingTree>(
  tree: Tree,
  context: ReadContext,
): Reading<ConfigOf<Tree>> {
  const entries: [string, unknown][] = [];
  let isAccepted = true;
  for (const [key, node] of Object.entries(tree)) {
    const reading = readNode(node, context);
    if (reading.isAccepted) entries.push([key, reading.value]);
    else isAccepted = false;
  }
  if (!isAccepted) return { isAccepted };
  // The keys are the tree's and each value is its node's, which the compiler cannot follow.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { isAccepted, value: Object.fromEntries(entries) as ConfigOf<Tree> };
}

function readNode(node: SettingTree[string], context: ReadContext): Reading<unknown> {
  if (isGroup(node)) return node.read(context);
  if (!isSetting(node)) return readTree(node, context);
  const given = context.environment[node.name] ?? '';
  const reading = node.read(given === '' ? null : given);
  if (!reading.isAccepted) context.report(complaint(node, given));
  return reading;
}

function complaint(setting: Setting<unknown>, given: string): string {
  if (given === '') return `${setting.name} is not set; it must be ${setting.accepts}.`;
  const shown = setting.isSecret ? redacted : JSON.stringify(shorten(given));
  const hint = /^(tcp|udp):\/\//.test(given)
    ? ' Kubernetes sets such values for a Service of that name: set enableServiceLinks: false.'
    : '';
  return `${setting.name} is ${shown}; it must be ${setting.accepts}.${hint}`;
}

function shorten(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 79)}…`;
}

function isSetting(node: SettingTree[string]): node is Setting<unknown> {
  return node['kind'] === 'setting';
}

function isGroup(node: SettingTree[string]): node is Group<unknown> {
  return node['kind'] === 'group';
}
