// One short scenario a flow, on every database: that each command gets along with each of them. What a flow decides is
// tested on SQLite alone.
import assert from 'node:assert/strict';
import DueList from '../../src/commands/due/list.js';
import History from '../../src/commands/history.js';
import Init from '../../src/commands/init.js';
import KeyCreate from '../../src/commands/key/create.js';
import PolicySet from '../../src/commands/policy/set.js';
import ReportCommand from '../../src/commands/report.js';
import RotateDue from '../../src/commands/rotate/due.js';
import RotateKey from '../../src/commands/rotate/key.js';
import Warnings from '../../src/commands/warnings.js';
import { withItsPair } from '../support/certificate-rows.js';
import { runCommand, runJson } from '../support/command.js';
import { describeEachDatabase } from '../support/databases.js';
import { rotateOf, valid } from '../support/documents.js';
import { violations } from '../support/invariants.js';
import { insertDuePairs } from '../support/mixed-keys.js';
import { aDestination, entriesOf } from '../support/outbox.js';
import { sql } from '../support/sql.js';
import { aSymmetricKey, DAY, insertRows, JANUARY, withStore } from '../support/store.js';
import { readStore } from '../support/store-contents.js';
import { suiteStore } from '../support/suite-store.js';
import { runNotifying, warnAt } from '../support/notified-runs.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { grow } from '../support/wrapping/forest.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';
import { issued } from '../support/x509.js';
import { valuesOf } from '../support/values-of.js';

const NOW = JANUARY + 40 * DAY;

const outcomes = (document: unknown) =>
  rotateOf(document).results.map(({ uid, outcome }) => [uid, outcome]);

describeEachDatabase('every flow', (database) => {
  const storeUrl = suiteStore(database);
  const json = (command: Parameters<typeof runJson>[0], ...argv: readonly string[]) =>
    runJson(command, storeUrl(), argv, NOW);

  it('rotates a plain key that is due, with tags and grants', async () => {
    await insertRows(storeUrl(), [aSymmetricKey({ keyset: true })], ['_kk', 'env:prod']);
    const before = await readStore(storeUrl());
    const { exitCode, document } = await json(RotateDue);
    assert.deepEqual([exitCode, outcomes(document)], [0, [['key-1', 'rotated']]]);
    assert.deepEqual(violations(before, await readStore(storeUrl())), []);
  });

  const FORESTS: Readonly<Record<string, readonly Plant[]>> = {
    'a wrapping key with its dependants': [
      aPlant({ policy: 'due' }),
      aPlant({ kind: 'hmac', under: 1 }),
      aPlant({ kind: 'P256', under: 1 }),
    ],
    'a wrapped key': [aPlant(), aPlant({ kind: 'hmac', under: 1, policy: 'due' })],
    'a pair that wraps': [
      aPlant({ kind: 'P256', policy: 'due' }),
      aPlant({ kind: 'hmac', under: 1 }),
    ],
  };
  for (const [what, plants] of Object.entries(FORESTS)) {
    it(`rotates ${what}`, async () => {
      await insertRows(storeUrl(), grow(plants).rows, []);
      const before = await unwrapStore(storeUrl());
      const { document } = await json(RotateDue);
      assert.deepEqual(rotateOf(document).summary['rotated'], 1, JSON.stringify(document));
      assert.deepEqual(faultsAfter(before, await unwrapStore(storeUrl())), []);
    });
  }

  it('brings a stale dependant under the replacement of its wrapping key', async () => {
    const plants = [aPlant({ replaced: true }), aPlant({ kind: 'hmac', under: 1 })];
    await insertRows(storeUrl(), grow(plants).rows, []);
    const before = await unwrapStore(storeUrl());
    assert.equal((await json(RotateDue)).exitCode, 0);
    const after = await unwrapStore(storeUrl());
    assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
  });

  it('rotates a key pair', async () => {
    await insertDuePairs(storeUrl(), 1);
    const before = await readStore(storeUrl());
    assert.deepEqual(outcomes((await json(RotateDue)).document), [['pair-0', 'rotated']]);
    assert.deepEqual(violations(before, await readStore(storeUrl())), []);
  });

  it('renews a certificate', async () => {
    const extensions = ['basicConstraints = critical, CA:TRUE'];
    const made = issued('Root', null, { extensions });
    await insertRows(storeUrl(), withItsPair('root', made), []);
    assert.deepEqual(outcomes((await json(RotateDue)).document), [['root', 'rotated']]);
    assert.deepEqual(outcomes((await json(RotateDue)).document), []);
  });

  it('makes a store in an empty database, and changes nothing the second time', async () => {
    const url = await database.create();
    const made = valid('init', (await runJson(Init, url, ['--yes'])).document);
    const again = valid('init', (await runJson(Init, url, ['--yes'])).document);
    assert.ok(made.migrations.length > 0);
    assert.deepEqual([again.store, again.migrations], ['adopted', []]);
  });

  it('creates a key, and rotates it on request', async () => {
    const created = await json(KeyCreate, 'invoices', '--keyset', '--interval', '90d');
    assert.equal(created.exitCode, 0);
    const { document } = await json(RotateKey, 'invoices');
    assert.equal(rotateOf(document).results[0]?.replacementUid, 'invoices@1');
  });

  it('lists what is due, by deadline', async () => {
    await insertRows(storeUrl(), [
      aSymmetricKey({ uid: 'second' }),
      aSymmetricKey({ uid: 'first', intervalSeconds: 20 * DAY }),
      aSymmetricKey({ uid: 'later', intervalSeconds: 90 * DAY }),
    ]);
    const { keys } = valid('due-list', (await json(DueList)).document);
    assert.deepEqual(valuesOf(keys, 'uid'), ['first', 'second']);
  });

  it('sets a policy, which makes a key due', async () => {
    await insertRows(storeUrl(), [aSymmetricKey({ intervalSeconds: null })]);
    const { document } = await json(PolicySet, 'key-1', '--interval', '30d');
    assert.deepEqual(valuesOf(valid('policy-change', document).results, 'outcome', 'newlyDue'), [
      ['changed', true],
    ]);
    assert.equal(valid('due-list', (await json(DueList)).document).count, 1);
  });

  it('warns of a deadline once', async () => {
    await insertRows(storeUrl(), [aSymmetricKey({ intervalSeconds: 45 * DAY })]);
    const { stdout } = await runCommand(Warnings, storeUrl(), [], NOW);
    assert.match(stdout, /^key-1 +rotation in 5 d/m);
    for (const now of [NOW, NOW + 600]) {
      await withStore(storeUrl(), (store) => warnAt(store, now, [aDestination()]));
    }
    const given = await sql(storeUrl(), 'SELECT uid FROM kms_rotation_warnings');
    assert.deepEqual(given, [{ uid: 'key-1' }]);
  });

  it('leaves an event that could not be delivered to the next run', async () => {
    await insertRows(storeUrl(), [aSymmetricKey()]);
    const down = aDestination({ send: () => Promise.reject(new Error('down')) });
    await withStore(storeUrl(), (store) => runNotifying(store, NOW, [down]));
    await withStore(storeUrl(), (store) => runNotifying(store, NOW + DAY, [aDestination()]));
    const states = (await entriesOf(storeUrl())).map(({ state }) => state);
    assert.deepEqual(new Set(states), new Set(['sent']));
  });

  it('reports compliance, and the history of a rotation', async () => {
    await insertRows(storeUrl(), [aSymmetricKey()]);
    const check = async () =>
      (await runCommand(ReportCommand, storeUrl(), ['--check'], NOW)).exitCode;
    assert.equal(await check(), 1);
    await json(RotateDue);
    assert.equal(await check(), 0);
    const { stdout } = await runCommand(History, storeUrl(), ['key-1'], NOW);
    assert.match(stdout, /key-1 .*rotated/);
  });
});
