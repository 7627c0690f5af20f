import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, it } from 'vitest';
import { dashboardJson } from '../../services/monitoring/dashboards/dashboard-json.ts';
import { overviewDashboard } from '../../services/monitoring/dashboards/overview.ts';
import { committedOverview, panelsOf } from '../support/dashboards/dashboard.ts';
import type { PanelQuery } from '../support/dashboards/dashboard.ts';
import {
  expressionsAreSound,
  gridIsFilled,
  idsDiffer,
  legendsHaveTheirLabels,
  panelsSayWhatTheyAre,
  queriesFitTheirPanels,
  selectorsChooseTheInstallation,
  sourceIsChosen,
  windowsFit,
} from '../support/dashboards/lint-rules.ts';
import type { DashboardRule } from '../support/dashboards/lint-rules.ts';

const committed = (): Dashboard => JSON.parse(committedOverview()) as Dashboard;

/** A rule, with a change of the dashboard that it has to find. */
interface Planted {
  readonly guarantee: string;
  readonly rule: DashboardRule;
  readonly plant: (panel: Panel, query: PanelQuery) => void;
  readonly found: RegExp;
}

const planted: readonly Planted[] = [
  {
    guarantee: 'asks the data source that the person has chosen',
    rule: sourceIsChosen,
    plant: (panel) => void (panel.datasource = { type: 'prometheus', uid: 'mine' }),
    found: /source is not/,
  },
  {
    guarantee: 'says in every panel what it shows, in which unit, and what to do',
    rule: panelsSayWhatTheyAre,
    plant: (panel) => void (panel.description = 'Rate.'),
    found: /description too short/,
  },
  {
    guarantee: 'gives every panel a number of its own',
    rule: idsDiffer,
    plant: (panel) => void (panel.id = 1),
    found: /number 1 is given twice/,
  },
  {
    guarantee: 'covers the grid without holes, and no panel with another',
    rule: gridIsFilled,
    plant: (panel) => void (panel.gridPos = { x: 0, y: 0, w: 8, h: 5 }),
    found: /lies on/,
  },
  {
    guarantee:
      'reckons rates over windows that fit the scrape interval, or that a title or legend names',
    rule: windowsFit,
    plant: (_, query) => Object.assign(query, { expr: 'rate(a_total[7m])' }),
    found: /window 7m/,
  },
  {
    guarantee: 'looks at the chosen installation, and never at one process',
    rule: selectorsChooseTheInstallation,
    plant: (_, query) => Object.assign(query, { expr: 'sum(a{namespace=~"$namespace"}) + b' }),
    found: /b is not of the chosen namespace/,
  },
  {
    guarantee: 'names in its legends only labels that are there',
    rule: legendsHaveTheirLabels,
    plant: (_, query) => void (query.legendFormat = '{{tenant}}'),
    found: /tenant is summed away/,
  },
  {
    guarantee: 'asks for one moment in tiles and for a range in curves',
    rule: queriesFitTheirPanels,
    plant: (panel) => void (panel.type = 'timeseries'),
    found: /does not fit/,
  },
  {
    guarantee: 'holds only sound PromQL',
    rule: expressionsAreSound,
    plant: (_, query) => Object.assign(query, { expr: 'sum(rate(a_total[1m])' }),
    found: /at 21/,
  },
];

describe('the overview dashboard', () => {
  it('is committed as its source gives it, byte for byte', () => {
    expect(dashboardJson(overviewDashboard())).toBe(committedOverview());
  });

  it.each(planted)('$guarantee', ({ rule, plant, found }) => {
    expect(rule(committed())).toEqual([]);
    const changed = committed();
    const [panel] = panelsOf(changed);
    const query = panel?.targets?.[0];
    if (panel === undefined || query === undefined) throw new Error('there is no panel to change');
    plant(panel, query as PanelQuery);
    expect(rule(changed).join('\n')).toMatch(found);
  });

  it('answers first whether video is on time, then why not', () => {
    const titles = panelsOf(committed()).map(({ title }) => title);
    expect(titles.slice(0, 4)).toEqual([
      'On time, last 5 minutes',
      'On time, whole time range',
      'Overdue now',
      'If not, why',
    ]);
  });
});
