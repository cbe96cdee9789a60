// What a running server's cache undoes after a rotation (storage format §1.8): the next run puts it right.
import assert from 'node:assert/strict';
import { describeOnSqlite } from '../support/databases.js';
import { runDue, runOne } from '../support/run.js';
import { changeRow, withBrokenCiphertext } from '../support/meddle.js';
import { rewrappedIn } from '../support/reports.js';
import { rowsOf, type StoredRow } from '../support/store.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { forestStore, NO_SERVER_KEK, NOW } from '../support/wrapping/forest-store.js';
import { needlessChanges } from '../support/wrapping/untouched.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';

const LATER = NOW + 60;
const KEK = 'aes256-0';

const FOREST: readonly Plant[] = [
  aPlant({ policy: 'due' }),
  aPlant({ kind: 'hmac', under: 1 }),
  aPlant({ kind: 'secret', under: 1, ttlvEncoded: true, owner: 1, way: 2 }),
  aPlant({ kind: 'aes128', under: 1, state: 'Deactivated' }),
];

describeOnSqlite('what a server writes back after a rotation', (database) => {
  const planted = forestStore(database);
  const rotated = async () => {
    const { url } = await planted(FOREST);
    const before = await unwrapStore(url);
    const rows = await rowsOf(url);
    const report = await runDue(url, NOW, NO_SERVER_KEK);
    assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
    return { url, before, rows, report, replacementUid: report.results[0].replacementUid! };
  };

  it('dependants with their old ciphertext are re-wrapped by the next run', async () => {
    const { url, before, rows, report: rotation, replacementUid } = await rotated();
    for (const row of rows.filter(({ id }) => id !== KEK)) await writeBack(url, row);
    assert.equal((await unwrapStore(url)).underRetired.length, 3);
    const report = await runDue(url, LATER, NO_SERVER_KEK);
    assert.deepEqual(
      rewrappedIn(report),
      ['aes128-3', 'hmac-1', 'secret-2'].map((uid) => [uid, replacementUid, 'mended']),
    );
    assert.ok(report.rewrappedDependants.every((one) => one.fromWrappingKeyUid === KEK));
    const after = await unwrapStore(url);
    assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
    assert.deepEqual(needlessChanges(before, after, rotation), []);
    assert.deepEqual((await runDue(url, LATER, NO_SERVER_KEK)).rewrappedDependants, []);
  });

  it('the replaced key’s old attributes, without a link to its replacement, mislead no run', async () => {
    const { url, before, rows, replacementUid } = await rotated();
    // The column `state` stays Deactivated; the attributes say Active and due again.
    for (const row of rows) await writeBack(url, row);
    const report = await runDue(url, LATER, NO_SERVER_KEK);
    assert.equal(report.error, null);
    const after = await unwrapStore(url);
    assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
    assert.equal(after.objects.get('hmac-1')?.wrappingKeyUid, replacementUid);
    assert.equal(after.objects.size, before.objects.size + 1);
  });

  it('dependants come under the end of the chain though no link of it is left', async () => {
    const { url, before, rows, replacementUid } = await rotated();
    const between = (await rowsOf(url)).find(({ id }) => id === replacementUid)!;
    const second = await runOne(url, replacementUid, LATER, NO_SERVER_KEK);
    const latest = second.results[0]?.replacementUid;
    assert.equal(second.results[0]?.outcome, 'rotated');
    for (const row of [...rows, between]) await writeBack(url, row);
    assert.equal((await unwrapStore(url)).underRetired.length, 3);
    await runDue(url, LATER, NO_SERVER_KEK);
    const after = await unwrapStore(url);
    assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
    assert.equal(after.objects.get('hmac-1')?.wrappingKeyUid, latest);
  });

  it('one that cannot be unwrapped any more is named, and the others are re-wrapped', async () => {
    const { url, before, rows } = await rotated();
    for (const row of rows.filter(({ id }) => id !== KEK)) await writeBack(url, row);
    await changeRow(url, 'hmac-1', withBrokenCiphertext);
    const report = await runDue(url, LATER, NO_SERVER_KEK);
    const failed = report.rewrappedDependants.filter(({ outcome }) => outcome === 'failed');
    assert.equal(failed.length, 1);
    assert.match(failed[0]?.error?.message ?? '', /hmac-1/);
    const lost = faultsAfter(before, await unwrapStore(url));
    assert.deepEqual([...new Set(lost.map((fault) => fault.split(': ')[0]))], ['hmac-1']);
  });
});

/** A server's update writes all columns but state and owner (storage format §1.7). */
function writeBack(url: string, row: StoredRow): Promise<void> {
  const { object, attributes, wrapping_key_id } = row;
  return changeRow(url, row.id, { object, attributes, wrapping_key_id });
}
