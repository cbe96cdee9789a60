// What `kms config check --connect` finds out about the server that runs ask, and that it changes nothing.
import assert from 'node:assert/strict';
import ConfigCheck from '../../src/commands/config/check.js';
import { runCommand } from '../support/command.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { startKmsServer, type KmsServer } from '../support/kms-server/server.js';
import { sql } from '../support/sql.js';
import { adopt } from '../support/store.js';

describeGolden('kms config check --connect', () => {
  const saved = { ...process.env };
  let store: string;
  let stand: KmsServer;
  before(async () => {
    store = await adopt(goldenCopy('hsm.sqlite'));
    stand = await startKmsServer({ store, tokens: { good: 'ops@example.org', eve: 'eve' } });
  });
  after(() => stand.close());
  afterEach(() => {
    process.env = { ...saved };
  });

  async function check(env: Readonly<Record<string, string>> = {}) {
    const set = { KMS_SERVER_URL: stand.url, KMS_SERVER_TOKEN: 'good', ...env };
    process.env = { ...saved, ...set };
    const { exitCode, stdout } = await runCommand(ConfigCheck, store, ['--connect']);
    return [exitCode, stdout.split('\n').find((line) => line.startsWith('server ')) ?? ''] as const;
  }

  it('reaches the server of the store, and asks it to change nothing', async () => {
    const [exitCode, line] = await check();
    assert.equal(exitCode, 0, line);
    assert.match(line, /^server localhost:\d+: reached$/);
    assert.deepEqual(
      stand.asked().filter((one) => !/^(version|GetAttributes)/.test(one)),
      [],
    );
  });

  it('tells a server that is down, and a user who may not see the keys', async () => {
    assert.match((await check({ KMS_SERVER_URL: 'http://127.0.0.1:1' }))[1], /ECONNREFUSED/);
    const [exitCode, line] = await check({ KMS_SERVER_TOKEN: 'eve' });
    assert.deepEqual(
      [exitCode, /none of the store’s keys.*object not found/i.test(line)],
      [4, true],
      line,
    );
    assert.match((await check({ KMS_SERVER_TOKEN: 'bad' }))[1], /Access denied/);
  });

  it('tells the server of another store', async () => {
    const other = await adopt(goldenCopy('hsm.sqlite'));
    await sql(
      other,
      `UPDATE objects SET attributes = replace(attributes, '"InitialDate":[2026,10', '"InitialDate":[2026,11')`,
    );
    const wrong = await startKmsServer({ store: other });
    try {
      const [exitCode, line] = await check({ KMS_SERVER_URL: wrong.url });
      assert.deepEqual([exitCode, line.includes('the server of another store')], [4, true], line);
    } finally {
      await wrong.close();
    }
  });
});
