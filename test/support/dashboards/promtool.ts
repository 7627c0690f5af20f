import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { AlertCase } from './alert-cases/alert-case.ts';
import type { AlertRule } from './dashboard.ts';

/** Why the suite cannot run here and what to do about it; `null` when it can. */
export function whatPrometheusLacks(): string | null {
  const lacking = ['prometheus', 'promtool'].filter(
    (command) => spawnSync(command, ['--version']).status !== 0,
  );
  return lacking.length === 0
    ? null
    : `there is no ${lacking.join(' and no ')} on the path: install Debian's package prometheus`;
}

/** What promtool says about a file of rules; throws where it finds a fault. */
export function checkRules(file: string): string {
  return execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
}

/** Evaluates each case on its own, minute by minute; returns promtool's words if one goes wrong. */
export function wrongCases(
  rulesText: string,
  cases: readonly AlertCase[],
  rules: readonly AlertRule[],
): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-promtool-'));
  try {
    writeFileSync(join(folder, 'alerts.yaml'), rulesText);
    writeFileSync(join(folder, 'cases.yaml'), stringify(promtoolFile(cases, rules)));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'cases.yaml'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return status === 0 ? null : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function promtoolFile(cases: readonly AlertCase[], rules: readonly AlertRule[]): object {
  return {
    rule_files: ['alerts.yaml'],
    evaluation_interval: '1m',
    tests: cases.map(({ alert, series, atMinutes, fires }) => ({
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [
        {
          eval_time: `${atMinutes}m`,
          alertname: alert,
          exp_alerts:
            fires === null
              ? []
              : [
                  {
                    exp_labels: { ...labelsOf(alert, rules), ...fires.labels },
                    exp_annotations: {
                      summary: fires.summary,
                      description: ruleOf(alert, rules).annotations['description'],
                    },
                  },
                ],
        },
      ],
    })),
  };
}

function ruleOf(alert: string, rules: readonly AlertRule[]): AlertRule {
  const rule = rules.find((each) => each.alert === alert);
  if (rule === undefined) throw new RangeError(`there is no alert ${alert}`);
  return rule;
}

/** Those that are no template. */
function labelsOf(alert: string, rules: readonly AlertRule[]): Readonly<Record<string, string>> {
  const labels = Object.entries(ruleOf(alert, rules).labels);
  return Object.fromEntries(labels.filter(([, value]) => !value.includes('{{')));
}
