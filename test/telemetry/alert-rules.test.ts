// The alert rules by promtool (Debian package prometheus): each fires while its scenario is up, alone, and is quiet when
// it is over.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertRules } from '../../src/telemetry/alert-rules.js';
import { NEAR, PREFIXES, RUN_FIGURES, STANDING } from '../../src/telemetry/metric-names.js';
import { needPrograms } from '../support/programs.js';
import { temporaryFolder } from '../support/temporary.js';

const EVERY = 900;

interface Scenario {
  readonly alert: string;
  /** A value a minute, as promtool writes it: `0x40` is 0 and the same again 40 times. */
  readonly series: Readonly<Record<string, string>>;
  /** In minutes: when it fires, and when it does not. */
  readonly up: readonly number[];
  readonly down: readonly number[];
}

const [conditions, lastGood, cadence] = (['conditions', 'lastGood', 'cadence'] as const).map(
  (name) => STANDING[name][0],
);
const holds = (kind: string) => `${conditions!}{store="s",kind="${kind}",reason="R"}`;
const near = (kind: string) =>
  `${NEAR}{store="s",uid="u",algorithm="RSA",threshold_days="7",kind="${kind}"}`;
const FOR_A_WHILE = { up: [5], down: [15] };

const SCENARIOS: readonly Scenario[] = [
  {
    alert: 'KmsNoRun',
    series: {
      [`${lastGood!}{store="s",scope="all",instance="a"}`]: '0x39 2400x40',
      // A host that no longer runs kms.
      [`${lastGood!}{store="s",scope="all",instance="b"}`]: '0x80',
      [`${cadence!}{store="s",scope="all",instance="a"}`]: `${EVERY}x80`,
    },
    up: [31, 39],
    down: [30, 40],
  },
  {
    alert: 'KmsOverdue',
    series: { [`${PREFIXES.rotation}_${RUN_FIGURES.overdue}{store="s"}`]: '1801x40 0x40' },
    up: [30, 40],
    down: [29, 41],
  },
  {
    alert: 'KmsRotationFailing',
    series: { [holds('rotation-failed')]: '2x9 stale' },
    ...FOR_A_WHILE,
  },
  {
    alert: 'KmsStaleDependants',
    series: { [holds('stale-dependant')]: '1x9 stale' },
    ...FOR_A_WHILE,
  },
  { alert: 'KmsOutOfReach', series: { [holds('out-of-reach')]: '1x9 stale' }, ...FOR_A_WHILE },
  {
    alert: 'KmsCertificateEndsSoon',
    series: { [near('expiry')]: '1x9 stale', [near('rotation')]: '1x40' },
    ...FOR_A_WHILE,
  },
  {
    alert: 'KmsNotDelivered',
    series: { [holds('destination-refuses')]: '1x9 stale' },
    ...FOR_A_WHILE,
  },
  { alert: 'KmsStoreHealth', series: { [holds('store-health')]: '1x9 stale' }, ...FOR_A_WHILE },
];

describe('the alert rules', () => {
  const promtool = (...argv: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync('promtool', argv, { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };
  const written = () => {
    const path = join(temporaryFolder(), 'rules.yml');
    writeFileSync(path, alertRules(EVERY));
    return path;
  };

  it('are rules that Prometheus takes', function () {
    needPrograms(this, 'prometheus');
    const { status, said } = promtool('check', 'rules', written());
    assert.equal(status, 0, said);
    const { size } = new Set(SCENARIOS.map(({ alert }) => alert));
    assert.match(said, new RegExp(`SUCCESS: ${size} rules found`), 'each has a scenario');
  });

  for (const scenario of SCENARIOS) {
    it(`fire while it holds, and no longer: ${scenario.alert}`, function () {
      needPrograms(this, 'prometheus');
      const path = join(temporaryFolder(), 'test.json');
      writeFileSync(path, JSON.stringify(promtoolTest(written(), scenario)));
      const { status, said } = promtool('test', 'rules', path);
      assert.equal(status, 0, said);
    });
  }
});

/** What promtool reads is YAML, and so JSON. */
function promtoolTest(rules: string, { alert, series, up, down }: Scenario): object {
  const expect = (minutes: number, alerts: readonly string[]) => ({
    expr: 'count by (alertname, store) (ALERTS{alertstate="firing"})',
    eval_time: `${minutes}m`,
    exp_samples: alerts.map((name) => ({ labels: `{alertname="${name}", store="s"}`, value: 1 })),
  });
  return {
    rule_files: [rules],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          ...up.map((minutes) => expect(minutes, [alert])),
          ...down.map((minutes) => expect(minutes, [])),
        ],
      },
    ],
  };
}
