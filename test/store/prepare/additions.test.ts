// Removing what init has added: all of it, and nothing else, however often the removal is interrupted.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { initialise, initialiseWith } from '../../../src/store/prepare/initialise.js';
import {
  findAdditions,
  removeAdditions,
  removeAdditionsWith,
} from '../../../src/store/prepare/additions.js';
import { killedAtStatements } from '../../support/crash.js';
import { schemaOf } from '../../support/database-schema.js';
import { describeEachDatabase } from '../../support/databases.js';
import { isFull, needThoroughRun } from '../../support/effort.js';
import { runDue } from '../../support/run.js';
import { sql, withBare } from '../../support/sql.js';
import { insertRows, newStorePath, rowsOf, storeWith } from '../../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 60_000 } as const;

describeEachDatabase('removeAdditions', (database) => {
  const oursIn = async (url: string) =>
    (await schemaOf(url)).filter(({ name, definition }) =>
      `${name} ${definition ?? ''}`.includes('kms_rotation'),
    );

  it('removes all that init adds, and nothing else', async () => {
    const url = await newStorePath(database);
    const adopted = await schemaOf(url);
    const ours = await oursIn(url);
    await insertRows(url, [aSymmetricKey()], ['_kk', 'mine']);
    await runDue(url, JANUARY + 365 * DAY);
    const rows = await rowsOf(url);
    // An operator's copy of the log stays.
    await sql(
      url,
      `CREATE TABLE kms_rotation_log_copy AS SELECT * FROM kms_rotation_log WHERE uid <> ''`,
    );
    const found = await findAdditions(url, OPTIONS);
    assert.equal(found.logEntries, 1);
    assert.deepEqual(await removeAdditions(url, OPTIONS), found);
    assert.equal((await sql(url, 'SELECT * FROM kms_rotation_log_copy')).length, 1);
    await sql(url, 'DROP TABLE kms_rotation_log_copy');
    assert.deepEqual(await oursIn(url), []);
    assert.equal((await schemaOf(url)).length, adopted.length - ours.length);
    assert.deepEqual(await rowsOf(url), rows);
    assert.deepEqual((await removeAdditions(url, OPTIONS)).names, []);
    await initialise(url, OPTIONS);
    assert.deepEqual(await schemaOf(url), adopted);
  });

  it('can be finished by another one, and so can an init, wherever it was killed', async function () {
    this.timeout(180_000);
    const expected = await schemaOf(await newStorePath(database));
    const url = await database.create();
    if (database.kind === 'sqlite') writeFileSync(url, '');
    // On a server, where each takes a second, one of three.
    const every = database.kind === 'sqlite' || isFull ? 1 : 3;
    const inits = await killedAtStatements(url, initialiseWith, every);
    assert.ok(inits > 20, `init was killed ${inits} times`);
    assert.deepEqual(await schemaOf(url), expected);
    await insertRows(url, [aSymmetricKey()]);
    assert.equal((await runDue(url, JANUARY + 365 * DAY)).error, null);
    const removals = await killedAtStatements(url, removeAdditionsWith, every);
    assert.ok(removals > 5, `a removal was killed ${removals} times`);
    assert.deepEqual(await oursIn(url), []);
    assert.deepEqual((await initialise(url, OPTIONS)).store, 'adopted');
    assert.deepEqual(await schemaOf(url), expected);
  });

  it('may run several times at once, beside an init too: afterwards everything is there, or nothing', async function () {
    needThoroughRun(this);
    this.timeout(90_000);
    const url = await newStorePath(database);
    const full = await schemaOf(url);
    await sql(url, 'DROP TABLE kms_rotation_log');
    await atOnce(url, ['remove', 'init', 'remove']);
    const after = await schemaOf(url);
    assert.ok((await oursIn(url)).length === 0 || isSame(after, full), JSON.stringify(after));
    await atOnce(url, ['remove', 'remove']);
    assert.deepEqual(await oursIn(url), []);
  });

  it('gives up while another session locks the store, and has removed nothing', async () => {
    const url = await storeWith(database, [aSymmetricKey()]);
    const before = await schemaOf(url);
    await withBare(url, async (other) => {
      await other.query(database.kind === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN');
      await other.query('SELECT id FROM objects');
      await assert.rejects(removeAdditions(url, { mode: 'write', busyTimeoutMs: 50 }), {
        reason: 'StoreBusy',
        message: /gave up waiting for (another process|the transactions of (pid|connection) \d)/,
      });
    });
    assert.deepEqual(await schemaOf(url), before);
  });

  /** In processes of their own for SQLite, which blocks the whole process while it waits for a lock. */
  async function atOnce(url: string, works: readonly ('init' | 'remove')[]): Promise<void> {
    const does = { init: initialise, remove: removeAdditions };
    const files = { init: 'initialise.ts', remove: 'additions.ts' };
    if (database.kind !== 'sqlite') {
      await Promise.all(works.map((work) => does[work](url, OPTIONS)));
      return;
    }
    const codes = works.map(async (work) => {
      const module = new URL(`../../../src/store/prepare/${files[work]}`, import.meta.url).href;
      const script = `import { ${does[work].name} as work } from ${JSON.stringify(module)};
        await work(${JSON.stringify(url)}, ${JSON.stringify(OPTIONS)});`;
      const argv = ['--import', 'tsx', '--input-type=module', '-e', script];
      const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
      return ((await once(child, 'exit')) as [number])[0];
    });
    assert.ok((await Promise.all(codes)).every((code) => code === 0));
  }
});

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
