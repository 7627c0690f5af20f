/**
 * The series of a metric in the chosen namespace. Outside a cluster no series has a namespace, and
 * the choice of all takes those too. Whatever stands for one process (pod, instance) is to be summed
 * away by the expression, so that the same dashboard serves compose and Kubernetes.
 */
export function series(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['namespace=~"$namespace"', ...matchers].join(', ')}}`;
}

/** Sum over all processes of a counter's rate, by labels. */
export function rateOf(metric: string, by: readonly string[], ...matchers: string[]): string {
  return `sum${grouping(by)}(rate(${series(metric, ...matchers)}[$__rate_interval]))`;
}

/** Sum over all processes of what a counter has grown by within a window, by labels. */
export function growthOf(
  metric: string,
  window: string,
  options: { readonly by?: readonly string[]; readonly matchers?: readonly string[] } = {},
): string {
  const { by = [], matchers = [] } = options;
  return `sum${grouping(by)}(increase(${series(metric, ...matchers)}[${window}]))`;
}

/** Of what several processes tell alike: a leader and its stand-by see the same nodes. */
export function highest(metric: string, by: readonly string[], ...matchers: string[]): string {
  return `max${grouping(by)}(${series(metric, ...matchers)})`;
}

/** Of a histogram over all processes, by labels. */
export function quantileOf(fraction: number, histogram: string, by: readonly string[]): string {
  return `histogram_quantile(${fraction}, ${rateOf(`${histogram}_bucket`, ['le', ...by])})`;
}

/** The same over all of a window: for what happens so rarely that most moments have none of it. */
export function quantileWithin(
  window: string,
  fraction: number,
  { histogram, by }: { readonly histogram: string; readonly by: readonly string[] },
): string {
  const buckets = growthOf(`${histogram}_bucket`, window, { by: ['le', ...by] });
  return `histogram_quantile(${fraction}, ${buckets})`;
}

function grouping(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')}) `;
}
