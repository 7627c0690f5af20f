import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel, Threshold, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** A panel whose number is given when its place is known. */
export interface PlacedPanel extends Builder<Panel> {
  id(id: number): this;
}

export interface Query {
  readonly expr: string;
  /** Name of each series, with its labels in double braces. */
  readonly legend: string;
}

/** What every panel says about itself. */
interface PanelFacts {
  readonly title: string;
  /** What it shows, and what a person should do about it. */
  readonly description: string;
  /** In Grafana's words, such as `s` or `percentunit`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of the 24 columns. */
  readonly width: number;
  readonly height: number;
  /** The colour begins at each value; the first has `null` for all below. */
  readonly thresholds?: readonly Threshold[];
  readonly min?: number;
  readonly max?: number;
  readonly decimals?: number;
}

export interface TimeSeriesFacts extends PanelFacts {
  /** Drawn on each other, for parts of a whole. */
  readonly isStacked?: boolean;
  /** Drawn as steps, for what changes at once. */
  readonly isStepped?: boolean;
}

export interface StatFacts extends PanelFacts {
  /** Words for values, for all series or for one by its legend. */
  readonly mappings?: readonly ValueMapping[];
  readonly mappingsOf?: Readonly<Record<string, readonly ValueMapping[]>>;
  readonly noValue: string;
}

/** The source that the person who looks has chosen. */
export const chosenSource = { type: 'prometheus', uid: '${datasource}' };

export function timeSeriesPanel(facts: TimeSeriesFacts): PlacedPanel {
  const { isStacked = false, isStepped = false } = facts;
  const panel = described(new TimeSeriesBuilder(), facts)
    .targets(facts.queries.map((query, index) => target(query, index).range()))
    .lineWidth(isStacked ? 1 : 2)
    .fillOpacity(isStacked ? 40 : 5)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  if (isStacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (isStepped) panel.lineInterpolation(LineInterpolation.StepAfter);
  return panel;
}

/** One tile for each series, with its value now. */
export function statPanel(facts: StatFacts): PlacedPanel {
  const panel = described(new StatBuilder(), facts)
    .targets(facts.queries.map((query, index) => target(query, index).instant()))
    .noValue(facts.noValue)
    .mappings([...(facts.mappings ?? [])])
    .colorMode(BigValueColorMode.Background)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.ValueAndName)
    .orientation(VizOrientation.Vertical)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  for (const [name, mappings] of Object.entries(facts.mappingsOf ?? {})) {
    panel.overrideByName(name, [{ id: 'mappings', value: mappings }]);
  }
  return panel;
}

/** Both kinds of builders have these words, and no type in common. */
interface DescribableBuilder extends PlacedPanel {
  title(title: string): this;
  description(description: string): this;
  datasource(source: typeof chosenSource): this;
  unit(unit: string): this;
  span(columns: number): this;
  height(height: number): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
  min(min: number): this;
  max(max: number): this;
  decimals(decimals: number): this;
}

function described<Kind extends DescribableBuilder>(panel: Kind, facts: PanelFacts): Kind {
  const { title, description, unit, width, height, min, max, decimals } = facts;
  panel.title(title).description(description).datasource(chosenSource).unit(unit);
  panel.span(width).height(height);
  const { thresholds = [{ value: null, color: 'green' }] } = facts;
  panel.thresholds(
    new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...thresholds]),
  );
  if (min !== undefined) panel.min(min);
  if (max !== undefined) panel.max(max);
  if (decimals !== undefined) panel.decimals(decimals);
  return panel;
}

/** One letter for each query of a panel, as Grafana's own editor gives them. */
const referenceIds = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function target({ expr, legend }: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(referenceIds.charAt(index))
    .datasource(chosenSource)
    .expr(expr)
    .legendFormat(legend);
}
