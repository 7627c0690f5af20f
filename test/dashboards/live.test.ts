import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Priority } from '../../services/shared/chunk/words.ts';
import { describeWithKafka } from '../support/broker.ts';
import { alertRules, committedOverview, expressionsOf } from '../support/dashboards/dashboard.ts';
import type { Expression } from '../support/dashboards/dashboard.ts';
import { selectorsOf, substituted } from '../support/dashboards/promql.ts';
import { whatPrometheusLacks } from '../support/dashboards/promtool.ts';
import { playDashboardScene } from '../support/dashboards/scene.ts';
import type { DashboardScene, Watcher } from '../support/dashboards/scene.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';

/** Expressions that give nothing in this scene, each with its reason; their metrics are declared. */
const silentHere: Readonly<Record<string, string>> = {
  'Age of the oldest chunk by priority / shortest retention (shown when near)':
    'nothing waits here for a tenth of the seven days for which intake keeps it',
  'Calls of KEDA, and replicas written / write {{kind}} {{pool}} {{outcome}}':
    'there are no Deployments here whose replicas the scaler could write',
};

/** Of them, the metrics that have no series at all. */
const withoutSeries = ['spillway_scaler_replica_writes_total'];

const toldByTheActive = [
  'spillway_dispatcher_unsettled_chunks',
  'spillway_dispatcher_oldest_chunk_age_seconds',
  'spillway_dispatcher_waiting_chunks',
  'spillway_dispatcher_spill_open',
];

const expressions = expressionsOf(JSON.parse(committedOverview()) as Dashboard);

let scene: DashboardScene;
let stop: () => Promise<void> = () => Promise.resolve();

/** The expressions that have no sample, or only samples that are no number. */
async function withoutData(
  { prometheus, namespace }: Watcher,
  asked: readonly Expression[],
): Promise<readonly string[]> {
  const empty: string[] = [];
  for (const { where, expr, isInstant } of asked) {
    const { fromSeconds, toSeconds } = scene.span;
    const range = `${Math.ceil(toSeconds - fromSeconds)}s`;
    const text = substituted(expr, { namespace, rateInterval: '5s', range });
    const samples = isInstant
      ? await prometheus.atOnce(text, toSeconds)
      : await prometheus.overRange(text, scene.span);
    if (samples.every(({ value }) => Number.isNaN(value))) empty.push(where);
  }
  return empty;
}

const asSelectors = (where: string, expr: string): readonly Expression[] => {
  const text = substituted(expr, { namespace: '.*', rateInterval: '5s', range: '60s' });
  return selectorsOf(text).map((selector) => ({
    where: `${where}: ${selector.text}`,
    expr: selector.text,
    isInstant: false,
  }));
};

describeUnlessMissing('dashboards and rules on a real Prometheus', whatPrometheusLacks(), () => {
  describeWithKafka('that scraped a whole installation through a burst', () => {
    beforeAll(async () => {
      scene = await playDashboardScene();
      ({ stop } = scene);
    });
    afterAll(() => stop());

    it('every expression of the overview gives data, under the labels of compose and of Kubernetes', async () => {
      for (const watcher of scene.watchers) {
        const empty = await withoutData(watcher, expressions);
        expect(empty, watcher.prometheus.name).toEqual(Object.keys(silentHere));
      }
    });

    it('the first tiles say what the outcomes on Kafka say', async () => {
      const { watchers, span, onTime } = scene;
      expect(Math.min(...onTime.values())).toBeLessThan(0.9);
      for (const { prometheus, namespace } of watchers) {
        for (const title of ['On time, last 5 minutes', 'On time, whole time range']) {
          const expr = expressions.find(({ where }) => where.startsWith(title))?.expr ?? '';
          const variables = { namespace, rateInterval: '5s', range: '5m' };
          const told = await prometheus.atOnce(substituted(expr, variables), span.toSeconds);
          expect(told).toHaveLength(onTime.size);
          for (const { labels, value } of told) {
            const share = onTime.get(labels['priority'] as Priority) ?? Number.NaN;
            expect(Math.abs(value - share), `${title}, ${labels['priority']}`).toBeLessThan(0.05);
          }
        }
      }
    });

    it('every selector of the overview and of the alerts names series that are there', async () => {
      const selectors = [
        ...expressions.flatMap(({ where, expr }) => asSelectors(where, expr)),
        ...alertRules().flatMap(({ alert, expr }) => asSelectors(alert, expr)),
      ];
      const expected = selectors.filter(({ expr }) =>
        withoutSeries.some((metric) => expr.startsWith(`${metric}{`)),
      );
      for (const watcher of scene.watchers) {
        const empty = await withoutData(watcher, selectors);
        expect(empty, watcher.prometheus.name).toEqual(expected.map(({ where }) => where));
      }
    });

    it('every metric of the overview and of the alerts is declared by a program', () => {
      const used = [...expressions, ...alertRules()].flatMap(({ expr }) =>
        asSelectors('', expr).map((selector) => /^\w+/.exec(selector.expr)?.[0] ?? ''),
      );
      const families = used.map((metric) => metric.replace(/_(bucket|count|sum)$/, ''));
      expect([...new Set(families)].filter((name) => !scene.declared.has(name))).toEqual([]);
    });

    it('a dispatcher that stands by tells nothing of what only the active one knows', async () => {
      const { watchers, span } = scene;
      for (const { prometheus } of watchers) {
        const valuesOf = async (expr: string): Promise<readonly number[]> =>
          (await prometheus.atOnce(expr, span.toSeconds)).map(({ value }) => value);
        expect(await valuesOf('count(spillway_dispatcher_active)')).toEqual([2]);
        expect(await valuesOf('sum(spillway_dispatcher_active)')).toEqual([1]);
        for (const metric of toldByTheActive) {
          const tellers = await valuesOf(`count by (priority, place, verdict) (${metric})`);
          expect(new Set(tellers), metric).toEqual(new Set([1]));
        }
      }
    });

    it('every alert is loaded and evaluated without an error', async () => {
      for (const { prometheus } of scene.watchers) {
        const loaded = await prometheus.rules();
        const names = loaded.map(({ name }) => name).toSorted();
        expect(names).toEqual(
          alertRules()
            .map(({ alert }) => alert)
            .toSorted(),
        );
        expect(loaded.filter(({ health }) => health !== 'ok')).toEqual([]);
      }
    });

    it('a misspelt metric, a label that is not there and a wrong namespace are found out', async () => {
      const { watchers } = scene;
      const wrong = [
        'sum(rate(spillway_dispatcher_result_total{namespace=~"$namespace"}[$__rate_interval]))',
        'sum(spillway_scaler_nodes{namespace=~"$namespace", phase="booting"})',
        'sum(spillway_scaler_nodes{namespace="elsewhere"})',
      ].map((expr) => ({ where: expr, expr, isInstant: false }));
      for (const watcher of watchers) {
        expect(await withoutData(watcher, wrong)).toEqual(wrong.map(({ where }) => where));
      }
    });

    it('shows the namespaces to choose from in a cluster, and none elsewhere', async () => {
      const namespaces = await Promise.all(
        scene.watchers.map(({ prometheus }) => prometheus.labelValues('namespace')),
      );
      expect(namespaces).toEqual([[], ['video']]);
    });
  });
});

describe('what the overview is allowed to show nothing of', () => {
  it('is still one of its expressions', () => {
    const places = expressions.map(({ where }) => where);
    expect(Object.keys(silentHere).filter((where) => !places.includes(where))).toEqual([]);
  });
});
