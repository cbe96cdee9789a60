// The textfile for node_exporter: names, values, and promtool's opinion.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { KmsError } from '../../src/errors.js';
import { UNKNOWN_OBJECT } from '../../src/report/object-summary.js';
import type { CommandRun } from '../../src/telemetry/run-metrics.js';
import { prometheusText } from '../../src/telemetry/textfile.js';
import { needPrograms } from '../support/programs.js';
import { aReport, aResult } from '../support/reports.js';
import { JANUARY } from '../support/symmetric-keys.js';

const AES = { ...UNKNOWN_OBJECT, algorithm: 'AES' };
const OPTIONS = {
  now: JANUARY,
  withUid: true,
  labels: {},
  cadenceSeconds: null,
  storeIsKnown: true,
};

function aCommandRun(changes: Partial<CommandRun> = {}): CommandRun {
  const results = [
    aResult({ uid: 'a', objectSummary: AES }),
    aResult({ uid: 'b', outcome: 'failed', error: new KmsError('Unsupported', 'no') }),
  ];
  return {
    command: 'rotate due',
    runId: 'r',
    version: '1.2.3',
    ...{ host: 'test-host', store: 's' },
    ...{ originMs: 0, beganMs: 0, endedMs: 1500 },
    exitCode: 4,
    report: aReport({ results, notAttempted: 3, longestOverdueSeconds: 60 }),
    warnings: null,
    ...changes,
  };
}

const samplesIn = (text: string) => text.split('\n').filter((line) => /^[^#]/.test(line));

describe('the textfile', () => {
  it('describes the last run', () => {
    assert.deepEqual(samplesIn(prometheusText(aCommandRun(), OPTIONS)), [
      `kms_rotation_last_run_timestamp_seconds{store="s"} ${JANUARY}`,
      'kms_rotation_last_run_exit_code{store="s"} 4',
      'kms_rotation_last_run_duration_seconds{store="s"} 1.5',
      'kms_rotation_due{store="s"} 5',
      'kms_rotation_overdue_age_seconds{store="s"} 60',
      'kms_rotation_last_run_keys{store="s",outcome="rotated"} 1',
      'kms_rotation_last_run_keys{store="s",outcome="failed"} 1',
      'kms_rotation_last_run_keys{store="s",outcome="skipped"} 0',
      'kms_rotation_last_run_keys{store="s",outcome="not-attempted"} 3',
      'kms_rotation_last_run_keys{store="s",outcome="mended"} 0',
      'kms_key_auto_rotation{store="s",uid="a",algorithm="AES",outcome="success"} 1',
      'kms_key_auto_rotation_failure{store="s",uid="b",algorithm="unknown",reason="Unsupported"} 1',
    ]);
  });

  it('leaves out what a run does not know', () => {
    const text = prometheusText(aCommandRun({ report: null, exitCode: 3 }), OPTIONS);
    assert.deepEqual(samplesIn(text), [
      `kms_rotation_last_run_timestamp_seconds{store="s"} ${JANUARY}`,
      'kms_rotation_last_run_exit_code{store="s"} 3',
      'kms_rotation_last_run_duration_seconds{store="s"} 1.5',
    ]);
  });

  describe('about the whole store', () => {
    const condition = {
      kind: 'rotation-failed',
      reason: 'Unsupported',
      firstSeenAt: JANUARY,
    } as const;
    const standing = {
      conditions: [condition, { ...condition, firstSeenAt: JANUARY + 1 }],
      runs: [
        { scope: {}, cadenceSeconds: 900, lastGoodAt: JANUARY },
        { scope: { owner: 'ops', shard: '0/2' }, cadenceSeconds: 3600, lastGoodAt: null },
      ],
    };
    const after = (report: CommandRun['report'], text = '') =>
      prometheusText(aCommandRun({ report }), OPTIONS, text);
    const failing = after(aReport({ finishedAt: JANUARY + 60, standing }));
    const storeWide = (text: string) =>
      samplesIn(text).filter((line) => /conditions?[_{]|last_good|cadence/.test(line));

    it('counts conditions, and has the time of the last good run of each scope', () => {
      assert.deepEqual(storeWide(failing), [
        'kms_rotation_conditions{store="s",kind="rotation-failed",reason="Unsupported"} 2',
        'kms_rotation_oldest_condition_age_seconds{store="s"} 60',
        `kms_rotation_last_good_run_timestamp_seconds{store="s",scope="all"} ${JANUARY}`,
        'kms_rotation_cadence_seconds{store="s",scope="all"} 900',
        'kms_rotation_cadence_seconds{store="s",scope="owner ops, shard 0/2"} 3600',
      ]);
    });

    it('stays when a run does not find out, and goes when nothing is wrong', () => {
      assert.deepEqual(storeWide(after(null, failing)), storeWide(failing));
      const well = after(aReport({ standing: { conditions: [], runs: [] } }), failing);
      assert.deepEqual(storeWide(well), ['kms_rotation_oldest_condition_age_seconds{store="s"} 0']);
    });
  });

  it('has other names for warnings, since one collector reads both files', () => {
    const warnings = {
      issued: [],
      near: [{ uid: 'w', algorithm: null, kind: 'rotation', thresholdDays: 7 } as const],
      ahead: [
        { rotations: 2, expiries: 0 },
        { rotations: 0, expiries: 1 },
      ],
    };
    const text = prometheusText(
      aCommandRun({ command: 'warnings', report: null, warnings, exitCode: 0 }),
      OPTIONS,
    );
    assert.deepEqual(samplesIn(text), [
      `kms_warnings_last_run_timestamp_seconds{store="s"} ${JANUARY}`,
      'kms_warnings_last_run_exit_code{store="s"} 0',
      'kms_warnings_last_run_duration_seconds{store="s"} 1.5',
      'kms_key_rotation_warning{store="s",uid="w",algorithm="unknown",threshold_days="7",kind="rotation"} 1',
      'kms_deadlines_ahead{store="s",weeks_ahead="0",kind="rotation"} 2',
      'kms_deadlines_ahead{store="s",weeks_ahead="0",kind="expiry"} 0',
      'kms_deadlines_ahead{store="s",weeks_ahead="1",kind="rotation"} 0',
      'kms_deadlines_ahead{store="s",weeks_ahead="1",kind="expiry"} 1',
    ]);
  });

  describe('shared by commands, shards and stores', () => {
    const DAY = 86_400;
    const warnings = {
      issued: [],
      near: [{ uid: 'w', algorithm: 'RSA', kind: 'rotation', thresholdDays: 7 } as const],
      ahead: [],
    };
    const shard = (index: number) => ({ ...OPTIONS, labels: { shard: `${index}/2` } });
    const nightly = aCommandRun({ command: 'warnings', report: null, warnings });
    const all = () => {
      const texts = [0, 1].reduce(
        (text, index) => prometheusText(aCommandRun(), shard(index), text),
        '',
      );
      const other = prometheusText(aCommandRun({ store: 'other' }), OPTIONS, texts);
      return prometheusText(nightly, OPTIONS, other);
    };
    const stores = (text: string) =>
      samplesIn(text)
        .filter((line) => line.includes('last_run_exit_code'))
        .map((line) => /\{(.*)\}/.exec(line)?.[1]);

    it('keeps a section of each, which a later run of the same replaces', () => {
      const labels = [
        'store="s",shard="0/2"',
        'store="s",shard="1/2"',
        'store="other"',
        'store="s"',
      ];
      assert.deepEqual(stores(all()), labels);
      const again = prometheusText(aCommandRun({ exitCode: 0 }), shard(0), all());
      assert.deepEqual(stores(again).sort(), labels.sort());
      assert.ok(again.includes('kms_rotation_last_run_exit_code{store="s",shard="0/2"} 0'));
      assert.equal(new Set(samplesIn(again)).size, samplesIn(again).length);
      assert.equal(again.match(/# TYPE kms_rotation_due /g)?.length, 1);
    });

    it('drops sections older than two of their cadences', () => {
      const at = (now: number, cadenceSeconds: number | null) =>
        stores(prometheusText(nightly, { ...OPTIONS, now, cadenceSeconds }, all()));
      assert.equal(at(JANUARY + 2 * DAY, null).length, 4);
      assert.deepEqual(at(JANUARY + 2 * DAY + 1, null), ['store="s"']);
      const often = prometheusText(aCommandRun(), { ...OPTIONS, cadenceSeconds: 900 }, all());
      const later = { ...OPTIONS, now: JANUARY + 1801 };
      assert.equal(stores(prometheusText(nightly, later, often)).length, 4);
    });

    it('goes on with the series of a store that could not be opened', () => {
      const good = prometheusText(aCommandRun({ store: 'kms-3f2a9c1b' }), OPTIONS);
      const unopened = { ...OPTIONS, storeIsKnown: false };
      const failed = prometheusText(aCommandRun({ store: 'kms', exitCode: 3 }), unopened, good);
      assert.deepEqual(stores(failed), ['store="kms-3f2a9c1b"']);
      const first = prometheusText(aCommandRun({ store: 'kms', exitCode: 3 }), unopened);
      const opened = prometheusText(aCommandRun({ store: 'kms-3f2a9c1b' }), OPTIONS, first);
      assert.deepEqual(stores(opened), ['store="kms-3f2a9c1b"']);
    });

    it('replaces what another program wrote', () => {
      assert.equal(
        prometheusText(nightly, OPTIONS, 'x 1\n# HELP\n'),
        prometheusText(nightly, OPTIONS),
      );
    });
  });

  it('labels shards, and counts by algorithm without uids', () => {
    const options = { ...OPTIONS, withUid: false, labels: { shard: '0/2' } };
    const samples = samplesIn(prometheusText(aCommandRun(), options));
    assert.ok(samples.includes('kms_rotation_due{store="s",shard="0/2"} 5'));
    assert.ok(
      samples.includes(
        'kms_key_auto_rotation{store="s",shard="0/2",algorithm="AES",outcome="success"} 1',
      ),
    );
  });

  it('passes promtool check metrics (Debian package prometheus) for any uid', function () {
    needPrograms(this, 'prometheus');
    const uids = [
      'plain',
      'it\'s "quoted"',
      'back\\slash',
      'two\nlines',
      'ключ-😀',
      '{a="b"}',
      ' ',
    ];
    const results = uids.map((uid) => aResult({ uid, objectSummary: AES }));
    const warnings = {
      issued: [],
      near: [{ uid: 'w', algorithm: 'RSA', kind: 'rotation', thresholdDays: 7 } as const],
      ahead: [],
    };
    for (const text of [
      prometheusText(aCommandRun(), OPTIONS),
      prometheusText(aCommandRun({ report: aReport({ results }) }), OPTIONS),
      prometheusText(aCommandRun({ command: 'warnings', report: null, warnings }), OPTIONS),
      prometheusText(
        aCommandRun({ command: 'warnings', report: null, warnings }),
        OPTIONS,
        prometheusText(
          aCommandRun(),
          { ...OPTIONS, labels: { shard: '0/2' } },
          prometheusText(aCommandRun({ report: aReport({ results }) }), OPTIONS),
        ),
      ),
    ]) {
      const checked = spawnSync('promtool', ['check', 'metrics'], {
        input: text,
        encoding: 'utf8',
      });
      assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);
    }
  });

  it('keeps each sample on one line, from which the uid can be parsed again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (uid) => {
        const report = aReport({ results: [aResult({ uid })] });
        const text = prometheusText(aCommandRun({ report }), OPTIONS);
        const [line = ''] = text.split('\n').filter((each) => each.startsWith('kms_key_auto'));
        const [, escaped = ''] = /uid="((?:[^"\\]|\\.)*)",algorithm/.exec(line) ?? [];
        const back = escaped.replace(/\\(.)/g, (_, next: string) => (next === 'n' ? '\n' : next));
        assert.equal(back, uid);
      }),
    );
  });
});
