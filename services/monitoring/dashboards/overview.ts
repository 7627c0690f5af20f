import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { capacityPanels } from './capacity.ts';
import { costPanels } from './cost.ts';
import { decisionPanels, healthPanels } from './decisions.ts';
import { onTimePanels } from './on-time.ts';
import { chosenSource } from './panels.ts';
import type { PlacedPanel } from './panels.ts';
import { growthOf } from './series.ts';
import { spillPanels } from './spill.ts';
import { workPanels } from './work.ts';

interface Row {
  readonly title: string;
  readonly panels: readonly PlacedPanel[];
}

/** Whether video is on time, and if not, why. */
export function overviewDashboard(): Dashboard {
  const dashboard = new DashboardBuilder('Spillway overview')
    .uid('spillway-overview')
    .description('Whether video is on time; if not, why; and what it costs.')
    .tags(['spillway'])
    .readonly()
    .timezone('browser')
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(sourceVariable())
    .withVariable(namespaceVariable())
    .annotation(takeOvers());
  let id = 0;
  const nextId = (): number => (id += 1);
  for (const { title, panels } of rows()) {
    dashboard.withRow(new RowBuilder(title).id(nextId()));
    for (const panel of panels) dashboard.withPanel(panel.id(nextId()));
  }
  return dashboard.build();
}

const rows = (): readonly Row[] => [
  { title: 'Is video on time?', panels: onTimePanels() },
  { title: 'What waits', panels: workPanels() },
  { title: 'GPU nodes and workers', panels: capacityPanels() },
  { title: 'Spill', panels: spillPanels() },
  { title: 'Decisions', panels: decisionPanels() },
  { title: 'Cost', panels: costPanels() },
  { title: 'Health of dispatcher and scaler', panels: healthPanels() },
];

const sourceVariable = (): DatasourceVariableBuilder =>
  new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus');

function namespaceVariable(): QueryVariableBuilder {
  const query = 'label_values(spillway_process_state, namespace)';
  return (
    new QueryVariableBuilder('namespace')
      .label('Namespace')
      .description('Of the installation; All where there is only one, or no cluster.')
      .datasource(chosenSource)
      .query({ query, refId: 'namespaces' })
      .definition(query)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .includeAll(true)
      // Also series without a namespace.
      .allValue('.*')
      .current({ text: 'All', value: '$__all', selected: true })
  );
}

function takeOvers(): AnnotationQueryBuilder {
  const window = '$__rate_interval';
  const dispatchers = growthOf('spillway_dispatcher_activations_total', window);
  const scalers = growthOf('spillway_scaler_leaderships_total', window);
  return new AnnotationQueryBuilder()
    .name('Take-overs')
    .datasource(chosenSource)
    .enable(true)
    .hide(false)
    .iconColor('orange')
    .expr(`(${dispatchers} + ${scalers}) > 0`)
    .titleFormat('Take-over')
    .textFormat('Another dispatcher became active or another scaler leads.');
}
