import { VariableType } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { expressionsOf, panelsOf, queriesOf } from './dashboard.ts';
import { selectorsOf, substituted, syntaxErrors } from './promql.ts';

/** Says in a line what is wrong with a dashboard; empty when all is well. */
export type DashboardRule = (dashboard: Dashboard) => readonly string[];

const chosen = '${datasource}';
const variables = { namespace: '.*', rateInterval: '1m', range: '1h' };
const columns = 24;
const descriptionCharactersMin = 60;

/** Who looks chooses the source: no data source of our own machine may be written down. */
export const sourceIsChosen: DashboardRule = (dashboard) => {
  const { templating, annotations } = dashboard;
  const hasVariable = templating?.list?.some(({ type, name }) => {
    return type === VariableType.Datasource && name === 'datasource';
  });
  const named = [
    ...panelsOf(dashboard).map(({ title, datasource }) => ({ title, datasource })),
    ...panelsOf(dashboard).flatMap((panel) =>
      queriesOf(panel).map(({ datasource }) => ({ title: panel.title, datasource })),
    ),
    ...(annotations?.list ?? []).map(({ name, datasource }) => ({ title: name, datasource })),
    ...(templating?.list ?? [])
      .filter(({ type }) => type === VariableType.Query)
      .map(({ name, datasource }) => ({ title: name, datasource })),
  ];
  return [
    ...(hasVariable === true ? [] : ['there is no variable of type datasource called datasource']),
    ...named
      .filter(({ datasource }) => datasource?.uid !== chosen)
      .map(({ title }) => `${title}: its source is not ${chosen}`),
  ];
};

/** A person who was woken up has nothing but these words. */
export const panelsSayWhatTheyAre: DashboardRule = (dashboard) => {
  const panels = panelsOf(dashboard);
  const titles = panels.map(({ title }) => title);
  return panels.flatMap((panel, index) => {
    const { title = '', description = '', fieldConfig } = panel;
    const unit = fieldConfig?.defaults.unit ?? '';
    return [
      ...(title === '' ? [`panel ${panel.id}: no title`] : []),
      ...(titles.indexOf(title) === index ? [] : [`${title}: two panels are called so`]),
      ...(description.length < descriptionCharactersMin ? [`${title}: description too short`] : []),
      ...(unit === '' ? [`${title}: no unit`] : []),
    ];
  });
};

export const idsDiffer: DashboardRule = ({ panels = [] }) => {
  const ids = panels.map(({ id }) => id);
  return ids
    .filter((id, index) => id === undefined || ids.indexOf(id) !== index)
    .map((id) => `the number ${id} is given twice, or none is given`);
};

/** Every place of the grid from the first line to the last is covered by one panel. */
export const gridIsFilled: DashboardRule = ({ panels = [] }) => {
  const covered = new Map<string, string>();
  const problems: string[] = [];
  let height = 0;
  for (const { title = '', gridPos } of panels) {
    if (gridPos === undefined) return [`${title}: no place`];
    const { x, y, w, h } = gridPos;
    if (x + w > columns) problems.push(`${title}: beyond column ${columns}`);
    height = Math.max(height, y + h);
    for (let place = 0; place < w * h; place += 1) {
      const key = `${x + (place % w)} ${y + Math.floor(place / w)}`;
      const other = covered.get(key);
      if (other !== undefined && other !== title) problems.push(`${title}: lies on ${other}`);
      covered.set(key, title);
    }
  }
  if (covered.size !== columns * height) problems.push('there is a hole between the panels');
  return [...new Set(problems)];
};

/** A fixed window would be wrong for another scrape interval, unless a title or a legend names it. */
export const windowsFit: DashboardRule = (dashboard) =>
  panelsOf(dashboard).flatMap((panel) =>
    queriesOf(panel).flatMap(({ expr, legendFormat = '' }) =>
      windowsOf(expr)
        .filter((window) => !['$__rate_interval', '$__range'].includes(window))
        .filter((window) => !names(`${panel.title} ${legendFormat}`, window))
        .map((window) => `${panel.title}: neither title nor legend names the window ${window}`),
    ),
  );

const windowsOf = (expr: string): readonly string[] =>
  Array.from(expr.matchAll(/\[([^\]]+)\]/g), ([, window]) => window ?? '');

function names(words: string, window: string): boolean {
  const [, count, unit] = /^(\d+)([mh])$/.exec(window) ?? [];
  return words.includes(`${count} ${unit === 'm' ? 'minutes' : 'hours'}`);
}

/** One installation of several, wherever there are namespaces; never one process by its address. */
export const selectorsChooseTheInstallation: DashboardRule = (dashboard) =>
  expressionsOf(dashboard).flatMap(({ where, expr }) => [
    ...selectorsOf(substituted(expr, { ...variables, namespace: 'CHOSEN' }))
      .filter(({ text }) => !text.includes('namespace=~"CHOSEN"'))
      .map(({ metric }) => `${where}: ${metric} is not of the chosen namespace`),
    ...(/\{\{(pod|instance|container)\}\}/.test(where) ? [`${where}: tells of one process`] : []),
  ]);

/** A label in a legend that the expression sums away would show as nothing. */
export const legendsHaveTheirLabels: DashboardRule = (dashboard) =>
  panelsOf(dashboard).flatMap((panel) =>
    queriesOf(panel).flatMap(({ expr, legendFormat = '' }) => {
      if (legendFormat === '') return [`${panel.title}: a query without a legend`];
      const labels = Array.from(legendFormat.matchAll(/\{\{(\w+)\}\}/g), ([, label]) => label);
      return labels
        .filter((label) => !new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr))
        .map((label) => `${panel.title}: the legend's ${label} is summed away`);
    }),
  );

/** A tile shows one moment, a curve a range: the other way round is slow, or empty. */
export const queriesFitTheirPanels: DashboardRule = (dashboard) =>
  panelsOf(dashboard).flatMap((panel) =>
    queriesOf(panel)
      .filter(({ instant = false, range = false }) => {
        const isTile = panel.type === 'stat';
        return instant !== isTile || range === isTile;
      })
      .map(({ refId }) => `${panel.title}: query ${refId} does not fit a panel of ${panel.type}`),
  );

export const expressionsAreSound: DashboardRule = (dashboard) =>
  expressionsOf(dashboard).flatMap(({ where, expr }) =>
    syntaxErrors(substituted(expr, variables)).map((error) => `${where}: ${error}`),
  );
