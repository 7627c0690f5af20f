import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dashboardJson } from './dashboard-json.ts';
import { overviewDashboard } from './overview.ts';

/** Writes the dashboards into the folder that is given, where the chart and compose take them from. */
const folder = process.argv[2];
if (folder === undefined) {
  throw new Error('Name the folder for the dashboards, such as charts/spillway/files/dashboards.');
}
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'overview.json'), dashboardJson(overviewDashboard()));
