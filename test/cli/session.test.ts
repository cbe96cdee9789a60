// Signals while doctor works: they wait for a repair, and for nothing else.
import assert from 'node:assert/strict';
import { newPrinter } from '../../src/cli/printing.js';
import { newSession } from '../../src/cli/session.js';
import { loadConfig } from '../../src/settings/config.js';
import { describeOnSqlite } from '../support/databases.js';
import { newStorePath } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';

const DOCTOR = { only: [], owner: undefined, minAgeSeconds: 3600, keep: [] };

describeOnSqlite('a session for doctor', (database) => {
  it('leaves signals to the system, which ends the process at once, until a repair asks for them', async () => {
    const folder = temporaryFolder();
    const env = { HOME: folder, KMS_DATABASE_URL: await newStorePath(database) };
    const config = loadConfig({ flags: {}, env, cwd: folder });
    const printer = newPrinter({ runId: 'run', isJson: () => true, logFormat: null });
    const session = newSession({ runId: 'run', version: '0', commandName: () => '', printer });
    const watchers = () => process.listenerCount('SIGINT');
    const before = watchers();
    await session.withDoctorContext(config, false, DOCTOR, async ({ stopRequested }) => {
      assert.equal(watchers(), before);
      assert.equal(await stopRequested(), false);
      assert.equal(watchers(), before + 1);
    });
    session.close();
    assert.equal(watchers(), before);
  });
});
