import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { capacityCases } from '../support/dashboards/alert-cases/capacity.ts';
import { roleCases } from '../support/dashboards/alert-cases/roles.ts';
import { videoCases } from '../support/dashboards/alert-cases/video.ts';
import { alertRules, alertsFile } from '../support/dashboards/dashboard.ts';
import { checkRules, whatPrometheusLacks, wrongCases } from '../support/dashboards/promtool.ts';
import { describeUnlessMissing } from '../support/describe-unless-missing.ts';

const alertCases = [...videoCases, ...roleCases, ...capacityCases];
const rules = alertRules();
const text = readFileSync(alertsFile, 'utf8');

describeUnlessMissing('the alerts', whatPrometheusLacks(), () => {
  it('are sound for promtool', () => {
    expect(checkRules(alertsFile)).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('fire when they should, with words that a person understands, and else are silent', () => {
    expect(wrongCases(text, alertCases, rules)).toBeNull();
  });

  it('have each a case in which they fire and one in which they do not', () => {
    const names = rules.map(({ alert }) => alert).toSorted();
    const named = (isFiring: boolean): readonly string[] => {
      const cases = alertCases.filter(({ fires }) => (fires !== null) === isFiring);
      return [...new Set(cases.map(({ alert }) => alert))].toSorted();
    };
    expect(named(true)).toEqual(names);
    expect(named(false)).toEqual(names);
  });

  it('would be found out with a wrong bound, a wrong label or a wrong name of a metric', () => {
    for (const [alert, right, wrong] of [
      ['SpillwayVideoLate', ') > 0.05', ') > 0.5'],
      ['SpillwayDeadLetters', 'reason!="duplicate"', 'reason!="corrupt"'],
      ['SpillwayNoLeadingScaler', '(spillway_scaler_leader) == 1', '(spillway_scaler_leads) == 1'],
    ] as const) {
      expect(text).toContain(right);
      const cases = alertCases.filter((each) => each.alert === alert);
      expect(wrongCases(text.replace(right, wrong), cases, rules), wrong).toContain('FAILED');
    }
  });

  it('tell how urgent they are, what is wrong and what to do', () => {
    for (const { alert, labels, annotations } of rules) {
      expect(labels['severity'], alert).toMatch(/critical|warning|info/);
      expect(annotations['summary']?.length, alert).toBeGreaterThan(10);
      expect(annotations['description']?.length, alert).toBeGreaterThan(100);
      expect(annotations['description'], alert).not.toContain('{{');
    }
  });
});
