// Servers for the tests of stores: one that does not answer where it usually is, is started.
import assert from 'node:assert/strict';
import { onServer } from './databases.js';
import { describeEachOwnServer } from './own-servers.js';
import { sql } from './sql.js';

const VARIABLE = 'KMS_TEST_NOBODY_URL';

describeEachOwnServer('a database server for tests', (server, name) => {
  const nobody = new URL(
    name === 'postgresql' ? 'postgres://u@127.0.0.1/' : 'mysql://u@127.0.0.1/',
  );
  nobody.port = '1';
  const database = () =>
    onServer({
      name,
      kind: name === 'postgresql' ? 'postgresql' : 'mysql',
      variable: VARIABLE,
      usual: nobody.href,
      version: /./,
    });

  afterEach(() => Reflect.deleteProperty(process.env, VARIABLE));

  it('is a private one where none answers at the usual port', async () => {
    const found = database();
    assert.equal(await found.missing(), null);
    const url = await found.create();
    assert.equal(new URL(url).port, String(server().port));
    assert.equal((await sql(url, 'SELECT 1')).length, 1);
    await found.dropAll();
    await assert.rejects(sql(url, 'SELECT 1'));
  });

  it('is missing, and named, where the one that a variable names does not answer', async () => {
    process.env[VARIABLE] = nobody.href;
    assert.match(
      (await database().missing()) ?? '',
      /^no .* server at .*; KMS_TEST_NOBODY_URL names/,
    );
  });
});
