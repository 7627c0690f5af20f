/** What an alert does with the series of a minute after minute. */
export interface AlertCase {
  readonly alert: string;
  /** In promtool's notation: `0+2x30` begins at 0 and grows by 2 thirty times. */
  readonly series: Readonly<Record<string, string>>;
  readonly atMinutes: number;
  /** Labels besides the severity of the rule, and the summary; `null`: it is silent. */
  readonly fires: {
    readonly labels: Readonly<Record<string, string>>;
    readonly summary: string;
  } | null;
}

export const inNamespace = { namespace: 'video' };

/** A counter that grows by so much after ten minutes, and never again. */
export const once = (growth: number): string => `0x10 ${growth}x50`;
