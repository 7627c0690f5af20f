import { parser } from '@prometheus-io/lezer-promql';

/** One selector of series in an expression. */
export interface Selector {
  /** As it stands there, without range and offset. */
  readonly text: string;
  readonly metric: string;
}

/** What stands for Grafana's variables when an expression runs without it. */
export interface Variables {
  readonly namespace: string;
  /** As durations. */
  readonly rateInterval: string;
  readonly range: string;
}

/** @throws RangeError for a variable that nobody would replace. */
export function substituted(expr: string, variables: Variables): string {
  const text = expr
    .replaceAll('$namespace', variables.namespace)
    .replaceAll('$__rate_interval', variables.rateInterval)
    .replaceAll('$__range', variables.range);
  // A bare `$` may end a pattern.
  const unknown = /\$[{a-zA-Z_][\w}]*/.exec(text);
  if (unknown !== null) throw new RangeError(`nothing stands for ${unknown[0]} in ${expr}`);
  return text;
}

/** The pieces that are no PromQL, each with its place; empty for a sound expression. */
export function syntaxErrors(expr: string): readonly string[] {
  const errors: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) errors.push(`at ${from}: "${expr.slice(from, Math.max(to, from + 10))}"`);
    },
  });
  return errors;
}

export function selectorsOf(expr: string): readonly Selector[] {
  const selectors: Selector[] = [];
  parser.parse(expr).iterate({
    enter: ({ name, node, from, to }) => {
      if (name !== 'VectorSelector') return;
      const metric = node.getChild('Identifier');
      selectors.push({
        text: expr.slice(from, to),
        metric: metric === null ? '' : expr.slice(metric.from, metric.to),
      });
    },
  });
  return selectors;
}
