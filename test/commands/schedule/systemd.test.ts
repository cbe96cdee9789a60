// `kms schedule systemd` and `cron --merge` overwrite nothing of another store, unless told to.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ScheduleSystemd from '../../../src/commands/schedule/systemd.js';
import { runCommand } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary.js';

describe('kms schedule systemd --output', () => {
  it('overwrites the units of its own store, and those of another by --force alone', async () => {
    const folder = temporaryFolder();
    const write = (store: string, ...argv: string[]) =>
      runCommand(ScheduleSystemd, store, ['--output', folder, ...argv]);
    const content = () => readFileSync(join(folder, 'kms-rotate.service'), 'utf8');
    for (const every of ['1h', '1d']) {
      assert.equal((await write('/a/kms.db', '--every', every)).exitCode, 0);
    }
    const before = content();
    const refused = await write('/b/kms.db');
    assert.equal(refused.exitCode, 2);
    assert.match(
      refused.stderr,
      /kms-rotate\.service is the schedule of another store, .*\/a\/kms\.db/,
    );
    assert.equal(content(), before);
    assert.equal((await write('/b/kms.db', '--name', 'b')).exitCode, 0);
    assert.ok(readdirSync(folder).includes('kms-b-rotate.service'));
    assert.equal(content(), before);
    assert.equal((await write('/b/kms.db', '--force')).exitCode, 0);
    assert.match(content(), /\/b\/kms\.db/);
  });
});
