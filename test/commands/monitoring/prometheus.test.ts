// `kms monitoring prometheus`: which cadence its rules are for. alert-rules.test.ts shows when they fire.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import MonitoringPrometheus from '../../../src/commands/monitoring/prometheus.js';
import { runBare } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary.js';

describe('kms monitoring prometheus', () => {
  const config = join(temporaryFolder(), 'kms.toml');
  writeFileSync(config, '[store]\ncadence = "6h"\n');
  const cases: readonly (readonly [argv: readonly string[], seconds: number])[] = [
    [[], 86_400],
    [['--config', config], 6 * 3600],
    [['--config', config, '--every', '15m'], 900],
  ];
  for (const [argv, seconds] of cases) {
    it(`is for runs every ${seconds} s with ${argv.length} arguments`, async () => {
      const { exitCode, stdout } = await runBare(MonitoringPrometheus, argv);
      assert.equal(exitCode, 0);
      assert.ok(stdout.includes(`overdue_age_seconds) > ${2 * seconds}"`), stdout);
    });
  }

  it('refuses runs without a pause between them', async () => {
    const { exitCode, stderr } = await runBare(MonitoringPrometheus, ['--every', '0']);
    assert.equal(exitCode, 2);
    assert.match(stderr, /every 0 seconds/);
  });
});
