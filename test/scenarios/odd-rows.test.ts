// Rows as no server writes them, and stores as others open them: nothing is lost, nothing goes unseen,
// and one bad row never stops the others.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { RunReport } from '../../src/report/run-report.js';
import { outcomesOf } from '../support/reports.js';
import { runDue } from '../support/run.js';
import { insertRows, newStorePath, rowsOf, sql, storeWith } from '../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { grow } from '../support/wrapping/forest.js';
import { aPlant } from '../support/wrapping/plant.js';

const NOW = JANUARY + 40 * DAY;

type Row = ReturnType<typeof aSymmetricKey>;

async function runOver(rows: readonly Row[], type?: string): Promise<RunReport> {
  const path = await storeWith(rows);
  return runDue(path, NOW, { filters: { tags: [], objectType: type } });
}

const enrolled = (uid: string, name: string, generation: unknown) =>
  aSymmetricKey({ uid }, { RotateName: name, RotateGeneration: generation });

describe('odd rows', () => {
  it('reports a policy member that stands there twice, whichever comes first', async () => {
    const twice = (uid: string, members: string) => {
      const row = aSymmetricKey({ uid });
      return { ...row, attributes: row.attributes.replace('{', `{${members},`) };
    };
    const report = await runOver([
      twice('interval', '"RotateInterval":0'),
      twice('automatic', '"RotateAutomatic":false'),
      twice('date', '"RotateDate":[2099,1,0,0,0,0,0,0,0],"RotateDate":null'),
      twice('escaped', '"Rotate\\u0049nterval":0'),
      aSymmetricKey({ uid: 'good' }),
    ]);
    assert.deepEqual(outcomesOf(report), {
      interval: 'Undecidable',
      automatic: 'Undecidable',
      date: 'Undecidable',
      escaped: 'Undecidable',
      good: 'rotated',
    });
  });

  it('fails a generation or a Rotate Name from which no successor can be named', async () => {
    const report = await runOver([
      enrolled('last', 'last', 2_147_483_647),
      enrolled('past', 'past', 2_147_483_648),
      enrolled('negative', 'negative', -3),
      enrolled('nameless', '', 0),
      enrolled('addressed', 'a@1', 0),
    ]);
    assert.deepEqual(outcomesOf(report), {
      last: 'Unsupported',
      past: 'MalformedObject',
      negative: 'MalformedObject',
      nameless: 'Unsupported',
      addressed: 'Unsupported',
    });
  });

  it('rotates neither of two members of one generation', async () => {
    const report = await runOver([enrolled('two-a', 'two', 1), enrolled('two-b', 'two', 1)]);
    assert.deepEqual(outcomesOf(report), { 'two-a': 'KeysetConflict', 'two-b': 'KeysetConflict' });
  });

  it('reports one whose attributes name another type than its object, filtered by type or not', async () => {
    const rows = [
      aSymmetricKey({ uid: 'public' }, { ObjectType: 'PublicKey' }),
      aSymmetricKey({ uid: 'unknown' }, { ObjectType: 'Foo' }),
      aSymmetricKey({ uid: 'number' }, { ObjectType: 2 }),
    ];
    const expected = { public: 'MalformedObject', unknown: 'MalformedObject', number: 'rotated' };
    assert.deepEqual(outcomesOf(await runOver(rows)), expected);
    const filtered = outcomesOf(await runOver(rows, 'SymmetricKey'));
    assert.deepEqual(filtered, { unknown: 'MalformedObject', number: 'rotated' });
  });

  it('goes on past a wrapped pair with an attribute that comes into no wrapping, in either key', async () => {
    const { rows } = grow([aPlant(), aPlant({ kind: 'P256', under: 1, policy: 'due' })]);
    for (const uid of ['P256-1', 'P256-1_pk']) {
      for (const members of [
        { Comment: 5 },
        { ObjectGroup: ['x'] },
        { Attribute: ['x'] },
        { AlternativeName: 'x' },
      ]) {
        const odd = rows.map((row) => {
          const attributes = { ...(JSON.parse(row.attributes) as object), ...members };
          return row.id === uid ? { ...row, attributes: JSON.stringify(attributes) } : row;
        });
        const report = await runOver([...odd, aSymmetricKey({ uid: 'good' })]);
        assert.equal(report.error, null);
        assert.deepEqual(outcomesOf(report), { 'P256-1': 'MalformedObject', good: 'rotated' });
        assert.equal(report.results.find(({ error }) => error !== null)?.error?.uid, uid);
      }
    }
  });

  it('goes on past one whose dates are after its Activation Date by thousands of years', async () => {
    const dates = {
      ActivationDate: [9999, 1, 0, 0, 0, 0, 0, 0, 0],
      DeactivationDate: [2030, 1, 0, 0, 0, 0, 0, 0, 0],
    };
    const rows = [aSymmetricKey({ uid: 'far' }, dates), aSymmetricKey({ uid: 'good' })];
    assert.deepEqual(outcomesOf(await runOver(rows)), { far: 'rotated', good: 'rotated' });
  });

  it('takes a link of a key to itself for no replacement', async () => {
    const link = [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'self' }];
    assert.deepEqual(outcomesOf(await runOver([aSymmetricKey({ uid: 'self' }, { Link: link })])), {
      self: 'rotated',
    });
  });

  it('goes on past a wrapping_key_id of bytes', async () => {
    const path = await storeWith([aSymmetricKey({ uid: 'bytes' }), aSymmetricKey({ uid: 'good' })]);
    sql(path, `UPDATE objects SET wrapping_key_id = x'6162' WHERE id = 'bytes'`);
    const report = await runDue(path, NOW);
    // Its own bytes are not wrapped, whatever the column says.
    assert.deepEqual(outcomesOf(report), { bytes: 'rotated', good: 'rotated' });
    assert.ok(report.results.every(({ flow }) => flow === 'plain'));
  });

  it('leaves a date of the year 9999, which means never, where it is', async () => {
    const path = await newStorePath();
    const never = [9999, 365, 23, 59, 59, 0, 0, 0, 0];
    insertRows(path, [aSymmetricKey({}, { DeactivationDate: never })]);
    const { results } = await runDue(path, NOW);
    const replacement = rowsOf(path).find(({ id }) => id === results[0]?.replacementUid);
    const { DeactivationDate } = JSON.parse(replacement?.attributes ?? '{}') as {
      DeactivationDate: unknown;
    };
    assert.deepEqual(DeactivationDate, never);
  });
});

describe('a store with our indexes', () => {
  const shell = spawnSync('sqlite3', ['-version']);
  const title = 'can be opened and written by the SQLite that the system has';
  if (shell.error !== undefined) {
    it(`${title} (needs sqlite3)`);
    return;
  }
  it(`${title} (${String(shell.stdout).split(' ', 1)[0] ?? ''})`, async () => {
    const path = await storeWith([aSymmetricKey()]);
    const statement = `UPDATE objects SET state = 'Deactivated'; SELECT state FROM objects;`;
    const { stdout, stderr } = spawnSync('sqlite3', [path, statement], { encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], ['Deactivated\n', '']);
  });
});
