// Rotations with an overlap: the replaced object stays Active until it ends, whatever a server writes back meanwhile, and
// is retired by the first run after that.
import assert from 'node:assert/strict';
import DueList from '../../src/commands/due/list.js';
import Forecast from '../../src/commands/forecast.js';
import KeyLineage from '../../src/commands/key/lineage.js';
import KeyShow from '../../src/commands/key/show.js';
import KeyTree from '../../src/commands/key/tree.js';
import Report from '../../src/commands/report.js';
import { formatInstant } from '../../src/kmip/date-time.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import type { RetiringObject } from '../../src/rotation/retiring-object.js';
import { runCommand, runJson } from '../support/command.js';
import { codesOf, doctor } from '../support/doctor.js';
import { describeOnSqlite } from '../support/databases.js';
import { changeRow, withBrokenCiphertext } from '../support/meddle.js';
import { aCipherKey, attributesOf, OVERLAP, retiringIn, WEEK } from '../support/overlaps.js';
import { aKeyPair } from '../support/pairs.js';
import { runDue, runOne } from '../support/run.js';
import { sql } from '../support/sql.js';
import {
  aSymmetricKey,
  DAY,
  dateOf,
  insertRows,
  rowOf,
  storeWith,
  withStore,
} from '../support/store.js';
import { valuesOf } from '../support/values-of.js';
import { faultsIn } from '../support/wrapping/faults.js';
import { forestStore, NO_SERVER_KEK, NOW } from '../support/wrapping/forest-store.js';
import { aPlant } from '../support/wrapping/plant.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';

const END = NOW + WEEK;

async function stateOf(url: string, uid: string): Promise<string> {
  return (await rowOf(url, uid)).state;
}

/** A server writes a cached object back: everything but state and owner (storage format §1.7). */
async function writeBack(url: string, uid: string, row: Awaited<ReturnType<typeof rowOf>>) {
  const { object, attributes, wrapping_key_id } = row;
  await changeRow(url, uid, { object, attributes, wrapping_key_id });
}

describeOnSqlite('a rotation with an overlap', (database) => {
  it('leaves the replaced key Active until its end, and then retires it', async () => {
    const url = await storeWith(database, [aCipherKey('k')]);
    const rotated = await runDue(url, NOW, OVERLAP);
    assert.equal(rotated.results[0]?.replacementUid, 'k@1');
    const expected: RetiringObject = {
      uid: 'k',
      replacementUid: 'k@1',
      objectUid: 'k',
      endsAt: END,
      ownEndAt: null,
      isDated: true,
    };
    assert.deepEqual(await retiringIn(url), [expected]);
    assert.equal(await stateOf(url, 'k'), 'Active');
    const { DeactivationDate, RotateInterval, RotateLatest } = await attributesOf(url, 'k');
    assert.deepEqual([DeactivationDate, RotateInterval, RotateLatest], [dateOf(END), 0, false]);
    const before = await runDue(url, END - 1, OVERLAP);
    assert.deepEqual([before.results, before.retired], [[], []]);
    assert.equal(await stateOf(url, 'k'), 'Active');
    const { retired } = await runDue(url, END, OVERLAP);
    assert.deepEqual(
      retired.map(({ uid, headUid, endsAt, outcome }) => [uid, headUid, endsAt, outcome]),
      [['k', 'k@1', END, 'retired']],
    );
    assert.equal(await stateOf(url, 'k'), 'Deactivated');
    assert.deepEqual(await retiringIn(url), []);
    assert.deepEqual((await runDue(url, END, OVERLAP)).retired, []);
  });

  it('ends with its object: another one of that uid is never retired for it', async () => {
    const url = await storeWith(database, [aCipherKey('k')]);
    await runDue(url, NOW, OVERLAP);
    for (const table of ['objects', 'tags']) await sql(url, `DELETE FROM ${table} WHERE id = 'k'`);
    const made = { InitialDate: dateOf(NOW + DAY), ActivationDate: dateOf(NOW + DAY) };
    await insertRows(url, [aSymmetricKey({ uid: 'k', intervalSeconds: 90 * DAY }, made)]);
    const before = await rowOf(url, 'k');
    for (const now of [NOW + 2 * DAY, END + DAY]) {
      assert.deepEqual((await runDue(url, now, OVERLAP)).retired, []);
      assert.deepEqual(await rowOf(url, 'k'), before);
    }
    assert.deepEqual(await sql(url, 'SELECT uid FROM kms_rotation_retiring'), []);
    assert.equal((await runOne(url, 'k', END + DAY)).results[0]?.outcome, 'rotated');
  });

  it('does not end where its replacement is gone, and that is told', async () => {
    const url = await storeWith(database, [aCipherKey('k')]);
    await runDue(url, NOW, OVERLAP);
    await sql(url, `DELETE FROM objects WHERE id = 'k@1'`);
    const { retired, notices } = await runDue(url, END, OVERLAP);
    assert.deepEqual(retired, []);
    assert.match(notices.join(), /"k" stays Active .* its replacement "k@1" is gone/);
    assert.equal(await stateOf(url, 'k'), 'Active');
  });

  it('is put right after a server has written the row back, and never due again', async () => {
    const url = await storeWith(database, [aCipherKey('k')]);
    const old = await rowOf(url, 'k');
    await runDue(url, NOW, OVERLAP);
    const right = await attributesOf(url, 'k');
    await writeBack(url, 'k', old);
    await assert.rejects(runOneStrictly(url, 'k@first'), {
      reason: 'AlreadyReplaced',
      message: /k@1/,
    });
    const { results, error } = await runDue(url, NOW + DAY, OVERLAP);
    assert.deepEqual([results, error], [[], null]);
    assert.deepEqual({ ...(await attributesOf(url, 'k')), LastChangeDate: dateOf(NOW) }, right);
    // A server that has the old row in its cache may write it back just before the end, too.
    await writeBack(url, 'k', old);
    assert.deepEqual(valuesOf((await runDue(url, END, OVERLAP)).retired, 'uid'), ['k']);
    assert.equal(await stateOf(url, 'k'), 'Deactivated');
    assert.deepEqual((await attributesOf(url, 'k'))['DeactivationDate'], dateOf(END));
  });

  it('is told once also of a key that a server has deactivated', async () => {
    const url = await storeWith(database, [aCipherKey('k')]);
    await runDue(url, NOW, OVERLAP);
    await changeRow(url, 'k', { state: 'Deactivated' });
    assert.deepEqual(valuesOf((await runDue(url, NOW + DAY, OVERLAP)).retired, 'uid'), ['k']);
    assert.equal((await attributesOf(url, 'k'))['State'], 'Deactivated');
    assert.deepEqual((await runDue(url, END, OVERLAP)).retired, []);
  });

  it('lets several generations retire at once, each until its own end', async () => {
    const url = await storeWith(database, [aCipherKey('k')]);
    await runDue(url, NOW, OVERLAP);
    await runOne(url, 'k@1', NOW + DAY, OVERLAP);
    await runOne(url, 'k@2', NOW + 2 * DAY);
    assert.deepEqual(valuesOf(await retiringIn(url), 'uid'), ['k', 'k@1']);
    assert.equal(await stateOf(url, 'k@2'), 'Deactivated');
    const first = await runDue(url, END, OVERLAP);
    assert.deepEqual(
      first.retired.map(({ uid, headUid }) => [uid, headUid]),
      [['k', 'k@3']],
    );
    assert.equal(await stateOf(url, 'k@1'), 'Active');
    assert.deepEqual(valuesOf((await runDue(url, END + DAY, OVERLAP)).retired, 'uid'), ['k@1']);
  });

  it('has none for a Compromised or a Deactivated key, nor beyond the key’s own end', async () => {
    const url = await storeWith(database, [
      aSymmetricKey({ uid: 'c' }, {}, { state: 'Compromised' }),
      aSymmetricKey({ uid: 'd' }, {}, { state: 'Deactivated' }),
      aCipherKey('own', { DeactivationDate: dateOf(NOW + DAY) }),
    ]);
    for (const uid of ['c', 'd', 'own']) await runOne(url, uid, NOW, OVERLAP);
    assert.deepEqual(
      (await retiringIn(url)).map(({ uid, endsAt, ownEndAt }) => [uid, endsAt, ownEndAt]),
      [['own', NOW + DAY, NOW + DAY]],
    );
    assert.deepEqual(
      [await stateOf(url, 'c'), await stateOf(url, 'd')],
      ['Compromised', 'Deactivated'],
    );
  });

  it('is one for both keys of a pair, which retire together', async () => {
    const { privateKey, publicKey } = await aKeyPair({
      publicMembers: { DeactivationDate: dateOf(NOW + 2 * DAY) },
    });
    const url = await storeWith(database, [privateKey.row, publicKey.row], []);
    await runDue(url, NOW, OVERLAP);
    assert.deepEqual(
      (await retiringIn(url)).map(({ uid, objectUid, endsAt }) => [uid, objectUid, endsAt]),
      ['pair', 'pair_pk'].map((uid) => [uid, 'pair', NOW + 2 * DAY]),
    );
    const { retired } = await runDue(url, NOW + 2 * DAY, OVERLAP);
    assert.deepEqual(valuesOf(retired, 'uid'), ['pair', 'pair_pk']);
  });

  it('writes nothing in a dry run, and says what it would retire', async () => {
    const url = await storeWith(database, [aCipherKey('k')]);
    const old = await rowOf(url, 'k');
    await runDue(url, NOW, OVERLAP);
    await writeBack(url, 'k', old);
    const report = await runDue(url, END, { ...OVERLAP, dryRun: true });
    assert.deepEqual([report.results, report.retired], [[], []]);
    assert.match(report.notices.join(), /"k" would be retired/);
    assert.deepEqual(await rowOf(url, 'k'), old);
    assert.equal((await retiringIn(url)).length, 1);
  });

  it('goes by the policy of the key, and by the command before that', async () => {
    const url = await storeWith(database, [aCipherKey('k')]);
    await runOne(url, 'k', NOW, { overlap: { asked: 0, byDefault: WEEK } });
    assert.deepEqual(await retiringIn(url), []);
    await runOne(url, 'k@1', NOW, { overlap: { asked: DAY, byDefault: WEEK } });
    assert.deepEqual(valuesOf(await retiringIn(url), 'endsAt'), [NOW + DAY]);
  });

  async function runOneStrictly(url: string, uid: string): Promise<void> {
    const { results } = await runOne(url, uid, NOW + DAY, OVERLAP);
    if (results[0]?.error) throw results[0].error;
  }
});

describeOnSqlite('the overlap of a wrapping key', (database) => {
  const KEK = 'aes256-0';
  const planted = forestStore(database);
  const rotated = async () => {
    const { url } = await planted([
      aPlant({ policy: 'due' }),
      aPlant({ kind: 'hmac', under: 1 }),
      aPlant({ kind: 'secret', under: 1, ttlvEncoded: true, owner: 1, way: 2 }),
    ]);
    const before = await unwrapStore(url);
    const rows = await Promise.all([KEK, 'hmac-1', 'secret-2'].map((uid) => rowOf(url, uid)));
    const report = await runDue(url, NOW, { ...NO_SERVER_KEK, ...OVERLAP });
    assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
    assert.equal(report.results[0].dependantsRewrapped, 2);
    const [kek, ...dependants] = rows;
    return { url, before, kek: kek!, dependants, head: report.results[0].replacementUid! };
  };

  it('is not in its row, as a server would strand what it wraps meanwhile', async () => {
    const { url } = await rotated();
    assert.equal((await attributesOf(url, KEK))['DeactivationDate'], undefined);
    assert.deepEqual(
      (await retiringIn(url)).map(({ uid, isDated }) => [uid, isDated]),
      [[KEK, false]],
    );
  });

  it('ends after what came under it has moved, at each run and at the end', async () => {
    const { url, before, kek, dependants, head } = await rotated();
    for (const row of [kek, dependants[0]!]) await writeBack(url, row.id, row);
    const during = await runDue(url, NOW + DAY, { ...NO_SERVER_KEK, ...OVERLAP });
    assert.deepEqual(
      during.rewrappedDependants.map(({ uid, toWrappingKeyUid }) => [uid, toWrappingKeyUid]),
      [['hmac-1', head]],
    );
    for (const row of [kek, ...dependants]) await writeBack(url, row.id, row);
    const { retired, rewrappedDependants } = await runDue(url, END, {
      ...NO_SERVER_KEK,
      ...OVERLAP,
      rewrapStaleDependants: false,
    });
    assert.deepEqual(valuesOf(rewrappedDependants, 'uid'), ['hmac-1', 'secret-2']);
    assert.deepEqual(valuesOf(retired, 'outcome'), ['retired']);
    assert.equal(await stateOf(url, KEK), 'Deactivated');
    assert.deepEqual(await faultsIn(url, before), []);
  });

  it('goes on while a dependant cannot move: a failure, exit code 4, and once it can the key retires', async () => {
    const { url, kek, dependants } = await rotated();
    for (const row of [kek, ...dependants]) await writeBack(url, row.id, row);
    await changeRow(url, 'hmac-1', withBrokenCiphertext);
    const report = await runDue(url, END, { ...NO_SERVER_KEK, ...OVERLAP });
    assert.deepEqual(
      report.retired.map(({ uid, outcome, error }) => [uid, outcome, error?.reason]),
      [[KEK, 'failed', 'DependantsLeft']],
    );
    assert.match(report.retired[0]?.error?.message ?? '', /"hmac-1" is still wrapped by it/);
    assert.equal(exitCodeOfReport(report), 4);
    assert.equal(await stateOf(url, KEK), 'Active');
    const conditions = () => withStore(url, (store) => store.openConditions());
    assert.deepEqual(
      (await conditions()).map(({ kind, subject, reason }) => [kind, subject, reason]),
      [
        ['rotation-failed', KEK, 'DependantsLeft'],
        ['stale-dependant', 'hmac-1', 'DependantNotRewrapped'],
      ].sort(),
    );
    await changeRow(url, 'hmac-1', withBrokenCiphertext);
    const again = await runDue(url, END + DAY, { ...NO_SERVER_KEK, ...OVERLAP });
    assert.deepEqual(valuesOf(again.retired, 'outcome'), ['retired']);
    assert.deepEqual(await conditions(), []);
  });

  it('of the server’s own does not end while the configuration names it, which is told', async () => {
    const { url, head } = await rotated();
    const named = { serverKek: { uid: KEK, mayBeRotated: true } };
    const { retired, notices } = await runDue(url, END, { ...named, ...OVERLAP });
    assert.deepEqual(retired, []);
    assert.match(notices.join(), /stays Active beyond its overlap, as rotation.key_encryption_key/);
    assert.equal(await stateOf(url, KEK), 'Active');
    const next = { serverKek: { uid: head, mayBeRotated: true } };
    assert.deepEqual(valuesOf((await runDue(url, END, { ...next, ...OVERLAP })).retired, 'uid'), [
      KEK,
    ]);
  });
});

describeOnSqlite('an object in its overlap', (database) => {
  const KEK = 'aes256-0';
  const planted = forestStore(database);

  for (const isWrittenBack of [false, true]) {
    const state = isWrittenBack ? 'written back by a server' : 'as its rotation left it';

    it(`is no damage to doctor and complies, ${state}`, async () => {
      const { privateKey, publicKey } = await aKeyPair();
      const url = await storeWith(database, [aCipherKey('k')]);
      await insertRows(url, [privateKey.row, publicKey.row], []);
      const rows = await Promise.all(['k', 'pair', 'pair_pk'].map((uid) => rowOf(url, uid)));
      const findings = async () => codesOf(await doctor(url, [], NOW + 2 * DAY));
      const before = await findings();
      await runDue(url, NOW, OVERLAP);
      if (isWrittenBack) for (const row of rows) await writeBack(url, row.id, row);
      assert.deepEqual(await findings(), before);
      const report = await runJson(Report, url, [], NOW + 2 * DAY);
      const { keys } = report.document as { keys: { uid: string }[] };
      assert.deepEqual(
        keys.map(({ uid }) => uid).filter((uid) => !/@1|-/.test(uid)),
        [],
      );
      assert.equal(JSON.stringify(keys).includes('unfinished'), false);
      const due = await runJson(DueList, url, ['--explain'], NOW + 2 * DAY);
      const verdicts = (due.document as { keys: { uid: string; verdict: string }[] }).keys;
      assert.deepEqual(
        verdicts.filter(({ uid }) => uid === 'k' || uid === 'pair').map((one) => one.verdict),
        ['retiring', 'retiring'],
      );
    });
  }

  it('is shown with its end: by show, lineage, tree, report, forecast and due list', async () => {
    const { privateKey, publicKey } = await aKeyPair();
    const url = await storeWith(database, [aCipherKey('k')]);
    await insertRows(url, [privateKey.row, publicKey.row], []);
    const old = await rowOf(url, 'k');
    await runDue(url, NOW, OVERLAP);
    await writeBack(url, 'k', old);
    const end = formatInstant(END);
    const printed = async (command: Parameters<typeof runCommand>[0], ...argv: string[]) =>
      (await runCommand(command, url, argv, NOW)).stdout;
    assert.match(await printed(KeyShow, 'k@0'), new RegExp(`^Retires +${end}`, 'm'));
    assert.doesNotMatch(await printed(KeyShow, 'k@0'), /^Deadline/m);
    assert.match(await printed(KeyLineage, 'k@1'), new RegExp(`k {2}Active, retires ${end}`));
    assert.match(await printed(KeyTree, 'k@0'), new RegExp(`Active, retires ${end}`));
    assert.match(await printed(DueList, '--explain'), new RegExp(`replaced, retires at ${end}`));
    for (const command of [Report, Forecast]) {
      assert.match(await printed(command), new RegExp(`k: until ${end}, replaced by k@1`));
      const { document } = await runJson(command, url, [], NOW);
      const { retiring } = document as {
        retiring: { uid: string; headUid: string; end: string }[];
      };
      assert.deepEqual(
        retiring.map(({ uid, end }) => [uid, end]),
        ['k', 'pair'].map((uid) => [uid, end]),
      );
    }
    assert.match(await printed(Report, '--format', 'html'), new RegExp(`k: until ${end}`));
    assert.doesNotMatch(await printed(Forecast, '--within', '7d'), /until 2026-.*replaced by/);
  });

  it('that wraps is no damage, nor is what a server has put under it meanwhile', async () => {
    const { url } = await planted([aPlant({ policy: 'due' }), aPlant({ kind: 'hmac', under: 1 })]);
    const rows = await Promise.all([KEK, 'hmac-1'].map((uid) => rowOf(url, uid)));
    const before = codesOf(await doctor(url, [], NOW));
    await runDue(url, NOW, { ...NO_SERVER_KEK, ...OVERLAP });
    const kek = await rowOf(url, KEK);
    for (const row of rows) await writeBack(url, row.id, row);
    assert.deepEqual(codesOf(await doctor(url, [], NOW + DAY)), before);
    await writeBack(url, KEK, kek);
    assert.deepEqual(codesOf(await doctor(url, [], NOW + DAY)), before);
    const { exitCode } = await runCommand(KeyTree, url, [KEK, '--check'], NOW + DAY);
    assert.equal(exitCode, 1);
  });
});
