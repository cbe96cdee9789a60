// Servers for the tests of stores: one that does not answer where it usually is, is started.
import assert from 'node:assert/strict';
import { onServer } from './databases.js';
import { describeOn, need } from './left-out.js';
import { SERVER_KINDS, type ServerKind } from './server-kinds.js';
import { sql } from './sql.js';
import { wantedDatabases } from './wanted-databases.js';

describe('KMS_TEST_DATABASES', () => {
  for (const [text, names] of [
    ['', ['sqlite']],
    ['all', ['sqlite', 'postgresql', 'mariadb', 'mysql']],
    ['mysql, sqlite', ['sqlite', 'mysql']],
  ] as const) {
    it(`covers ${names.join(', ')} by ${JSON.stringify(text)}`, () => {
      assert.deepEqual(wantedDatabases(text), names);
    });
  }

  it('refuses a name that no database has', () => {
    assert.throws(() => wantedDatabases('postgres'), /no database is called postgres; all, or/);
  });
});

// Other kinds are found and started by the same code, and started privately by other tests.
describeOn('postgresql', 'a database server for tests', () => {
  const [kind] = SERVER_KINDS as readonly [ServerKind];
  const nobody = new URL(kind.usual);
  nobody.port = '1';
  it('is a private one where none answers at the usual port', async function () {
    this.timeout(120_000);
    need(this, `the programs of ${kind.name}`, kind.isInstalled());
    const found = onServer({ ...kind, variable: 'KMS_TEST_UNSET', usual: nobody.href });
    assert.equal(await found.missing(), null);
    const url = await found.create();
    assert.notEqual(new URL(url).port, nobody.port);
    assert.equal((await sql(url, 'SELECT 1')).length, 1);
    await found.dropAll();
    await assert.rejects(sql(url, 'SELECT 1'));
  });

  it('is missing, and named, where the one that a variable names does not answer', async () => {
    const variable = 'KMS_TEST_NOBODY';
    process.env[variable] = nobody.href;
    const named = onServer({ ...kind, variable });
    assert.match((await named.missing()) ?? '', /server where KMS_TEST_NOBODY says/);
    Reflect.deleteProperty(process.env, variable);
  });
});
