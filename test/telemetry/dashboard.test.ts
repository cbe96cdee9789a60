// The dashboard for Grafana: that it is of Grafana's own types, that its panels fit their grid, and that each query asks
// for what the metrics file has.
import assert from 'node:assert/strict';
import type {
  Dashboard as GrafanaDashboard,
  DataQuery,
  Panel as GrafanaPanel,
  VariableModel,
} from '@grafana/schema';
import MonitoringGrafana from '../../src/commands/monitoring/grafana.js';
import { dashboard, type Dashboard } from '../../src/telemetry/dashboard.js';
import { prometheusText } from '../../src/telemetry/textfile.js';
import { runBare, runJson } from '../support/command.js';
import { aReport, aResult } from '../support/reports.js';
import { schemaErrors } from '../support/schema.js';
import { JANUARY } from '../support/symmetric-keys.js';

const GRID_COLUMNS = 24;

/** A metrics file with a sample of every metric that stands. */
function fullText(): string {
  const options = {
    ...{ now: JANUARY, withUid: true, labels: {}, cadenceSeconds: null, storeIsKnown: true },
  };
  const condition = { kind: 'no-run', reason: 'NoGoodRun', firstSeenAt: JANUARY } as const;
  const standing = {
    conditions: [condition],
    runs: [{ scope: {}, cadenceSeconds: 900, lastGoodAt: JANUARY }],
  };
  const common = {
    ...{ runId: 'r', version: '1', host: 'h', store: 's', exitCode: 0 as const },
    ...{ originMs: 0, beganMs: 0, endedMs: 1 },
  };
  const report = aReport({ results: [aResult()], longestOverdueSeconds: 0, standing });
  const near = [{ uid: 'u', algorithm: 'AES', kind: 'expiry', thresholdDays: 7 }] as const;
  const ahead = [{ rotations: 2, expiries: 1 }];
  const runs = [
    { ...common, command: 'rotate due', report, warnings: null },
    { ...common, command: 'warnings', report: null, warnings: { issued: [], near, ahead } },
  ];
  return runs.reduce((text, run) => prometheusText(run, options, text), '');
}

/** Our documents are readonly, and Grafana's types are not. */
type Writable<T> = { -readonly [Member in keyof T]: Writable<T[Member]> };

type GrafanaField = Required<GrafanaPanel>['fieldConfig']['defaults'];
type GrafanaPlace = Required<GrafanaPanel>['gridPos'];

const members = <T extends object>(value: T) => Object.keys(value) as (keyof T)[];

describe('the dashboard', () => {
  const { panels, templating } = dashboard();

  it('is of the types of Grafana, with no member that they do not know', () => {
    // TypeScript checks this: values that are assigned, and names too, as it lets unknown members pass.
    const ours = dashboard() as Writable<Dashboard>;
    const grafana: GrafanaDashboard = ours;
    const targets: DataQuery[] = ours.panels.flatMap((panel) => panel.targets);
    const names: [
      (keyof GrafanaDashboard)[],
      (keyof GrafanaPanel)[],
      (keyof GrafanaField)[],
      (keyof GrafanaPlace)[],
      (keyof VariableModel)[],
    ] = [
      members(ours),
      ours.panels.flatMap((panel) => members(panel)),
      ours.panels.flatMap(({ fieldConfig }) => members(fieldConfig.defaults)),
      ours.panels.flatMap(({ gridPos }) => members(gridPos)),
      ours.templating.list.flatMap((variable) => members(variable)),
    ];
    assert.ok(names.every(({ length }) => length > 0));
    assert.equal(targets.length, grafana.panels?.length);
  });

  it('has panels of their own ids that fit the grid and do not overlap', () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
      assert.ok(x >= 0 && x + w <= GRID_COLUMNS, title);
      return Array.from({ length: w * h }, (_, cell) => {
        return `${x + (cell % w)} ${y + Math.floor(cell / w)}`;
      });
    });
    assert.equal(new Set(cells).size, cells.length);
  });

  it('asks only for metrics and labels that runs write, of the chosen stores', () => {
    const text = fullText();
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    for (const query of queries) {
      for (const [name] of query.matchAll(/\bkms_\w+/g)) {
        const [sample] = new RegExp(`^${name}\\{.*`, 'm').exec(text) ?? [];
        assert.ok(sample !== undefined, `no run writes ${name}`);
        assert.ok(query.includes(`${name}{store=~"$store"`), query);
      }
      for (const [, labels = ''] of query.matchAll(/by \(([^)]*)\)/g)) {
        for (const label of labels.split(', ')) assert.ok(text.includes(`${label}="`), label);
      }
    }
    assert.match(JSON.stringify(templating), /label_values\(kms_rotation_oldest_condition_age/);
  });

  it('is what the command prints, as text and in its document', async () => {
    const { exitCode, stdout } = await runBare(MonitoringGrafana, []);
    assert.deepEqual([exitCode, JSON.parse(stdout)], [0, JSON.parse(JSON.stringify(dashboard()))]);
    const { document } = await runJson(MonitoringGrafana, 'sqlite:/nowhere.db', []);
    assert.deepEqual(schemaErrors('dashboard', document), []);
  });
});
