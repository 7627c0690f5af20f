import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

/** As it is committed: the same bytes for the same dashboard. */
export function dashboardJson(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
