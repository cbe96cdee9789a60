// `kms schedule cron`: what of the configuration goes into a crontab.
import assert from 'node:assert/strict';
import ScheduleCron from '../../../src/commands/schedule/cron.js';
import { runCommand, runJson } from '../../support/command.js';
import { schemaErrors } from '../../support/schema.js';

describe('kms schedule cron', () => {
  it('names the store and runs it as often as asked, for every shard', async () => {
    const argv = ['--every', '30m', '--shards', '2', '--user', 'kms'];
    const { exitCode, stdout } = await runCommand(ScheduleCron, '/var/lib/kms/kms.db', argv);
    assert.equal(exitCode, 0);
    for (const shard of [0, 1]) {
      const end = `KMS_DATABASE_URL=sqlite:/var/lib/kms/kms.db .*rotate due --shard ${shard}/2`;
      assert.match(stdout, new RegExp(`^[\\d]+-59/30 [*] [*] [*] [*] kms PATH=.* ${end}$`, 'm'));
    }
  });

  it('prints no password, and says in which file the URL of a server belongs', async () => {
    const { document } = await runJson(ScheduleCron, 'postgres://kms:hunter2@db/kms', []);
    assert.deepEqual(schemaErrors('schedule', document), []);
    const text = JSON.stringify(document);
    assert.ok(!text.includes('hunter2'));
    assert.ok(text.includes('KMS_DATABASE_URL_FILE=/etc/kms/database-url'));
  });
});
