import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import { parse } from 'yaml';
import { projectFolder } from '../../../services/local/project-folder.ts';

export interface PanelQuery extends Dataquery {
  readonly expr: string;
}

const overviewFile = join(projectFolder(), 'charts/spillway/files/dashboards/overview.json');
export const alertsFile = join(projectFolder(), 'charts/spillway/files/rules/alerts.yaml');

export const committedOverview = (): string => readFileSync(overviewFile, 'utf8');

/** Of a dashboard without collapsed rows, which would hold their panels within them. */
export function panelsOf({ panels = [] }: Dashboard): readonly Panel[] {
  return panels.filter((panel): panel is Panel => panel.type !== 'row');
}

export function queriesOf({ targets = [] }: Panel): readonly PanelQuery[] {
  return targets.map((target) => target as PanelQuery);
}

/** An expression with the place where it stands. */
export interface Expression {
  readonly where: string;
  readonly expr: string;
  /** Whether it is asked for one moment; else over a time range. */
  readonly isInstant: boolean;
}

/** All that the dashboard asks of Prometheus. */
export function expressionsOf(dashboard: Dashboard): readonly Expression[] {
  const ofPanels = panelsOf(dashboard).flatMap((panel) =>
    queriesOf(panel).map(({ expr, legendFormat = '', instant = false }) => ({
      where: `${panel.title} / ${legendFormat}`,
      expr,
      isInstant: instant,
    })),
  );
  const annotations = dashboard.annotations?.list ?? [];
  return [
    ...ofPanels,
    ...annotations.map(({ name, expr = '' }) => ({
      where: `annotation ${name}`,
      expr,
      isInstant: false,
    })),
  ];
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export function alertRules(): readonly AlertRule[] {
  const file = parse(readFileSync(alertsFile, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
  };
  return file.groups.flatMap(({ rules }) => rules);
}
