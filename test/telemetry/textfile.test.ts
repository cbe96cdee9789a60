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
const OPTIONS = { now: JANUARY, withUid: true, labels: {} };

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

  it('has other names for warnings, since one collector reads both files', () => {
    const warnings = { issued: [], near: [{ uid: 'w', algorithm: null, thresholdDays: 7 }] };
    const text = prometheusText(
      aCommandRun({ command: 'warnings', report: null, warnings, exitCode: 0 }),
      OPTIONS,
    );
    assert.deepEqual(samplesIn(text), [
      `kms_warnings_last_run_timestamp_seconds{store="s"} ${JANUARY}`,
      'kms_warnings_last_run_exit_code{store="s"} 0',
      'kms_warnings_last_run_duration_seconds{store="s"} 1.5',
      'kms_key_rotation_warning{store="s",uid="w",algorithm="unknown",threshold_days="7"} 1',
    ]);
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
    const warnings = { issued: [], near: [{ uid: 'w', algorithm: 'RSA', thresholdDays: 7 }] };
    for (const text of [
      prometheusText(aCommandRun(), OPTIONS),
      prometheusText(aCommandRun({ report: aReport({ results }) }), OPTIONS),
      prometheusText(aCommandRun({ command: 'warnings', report: null, warnings }), OPTIONS),
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
