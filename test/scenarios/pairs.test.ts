// Whole runs over pairs: both halves go together or not at all, in one transaction, and what is wrong with one
// pair is said of it alone.
import assert from 'node:assert/strict';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { describeOnSqlite, type TestDatabase } from '../support/databases.js';
import { pairsFor } from '../support/pair-pool.js';
import { failWrites, setAttributes } from '../support/meddle.js';
import { aKeyPair, type PairChanges } from '../support/pairs.js';
import { outcomesOf } from '../support/reports.js';
import { runDue, runOne } from '../support/run.js';
import { sql } from '../support/sql.js';
import { DAY, JANUARY, rowsOf, storeWith } from '../support/store.js';

const NOW = JANUARY + 40 * DAY;

const link = (LinkType: string, LinkedObjectIdentifier: string) => ({
  LinkType,
  LinkedObjectIdentifier,
});

async function pairRows(changes: PairChanges = {}): Promise<readonly [ObjectRow, ObjectRow]> {
  const { privateKey, publicKey } = await aKeyPair(changes);
  return [privateKey.row, publicKey.row];
}

const storeOf = (database: TestDatabase, rows: readonly ObjectRow[]) =>
  storeWith(database, rows, []);

type Case = readonly [reason: string, says: RegExp, rows: (uid: string) => Promise<ObjectRow[]>];

const SECRET = 'TransparentECPrivateKey';

/** A pair of an algorithm of which nobody makes pairs. */
const foreign = (name: string): Case => {
  const renamed = (text: string) =>
    text.replaceAll('"ECDH"', `"${name}"`).replace(SECRET, `${name}SecretKey`);
  const rows = async (uid: string) =>
    (await pairRows({ uid })).map((row) => ({
      ...row,
      object: renamed(row.object).replace(/"KeyMaterial":\{[^}]*\}/, '"KeyMaterial":[1,2,3]'),
      attributes: renamed(row.attributes),
    }));
  return ['Unsupported', new RegExp(name), rows];
};

/** Of each place that refuses a pair, one: what is wrong with it, and how it is named. */
const UNSOUND: Readonly<Record<string, Case>> = {
  missing: ['UnsoundPair', /not in the store/, async (uid) => [(await pairRows({ uid }))[0]]],
  stranger: [
    ...(['UnsoundPair', /the public key of another private key/] as const),
    async (uid) => [(await pairRows({ uid }))[0], (await pairRows({ uid }))[1]],
  ],
  unreadable: [
    ...(['MalformedObject', /unreadable_pk/] as const),
    async (uid) => {
      const [one, other] = await pairRows({ uid });
      return [one, { ...other, attributes: other.attributes.replace('"Active"', '7') }];
    },
  ],
  'too-long': [
    ...(['MalformedObject', /is too large/] as const),
    async (uid) => {
      const [one, other] = await pairRows({ uid });
      const object = one.object.replace(/"D":\[1,\[([\d,]+)\]\]/, '"D":[1,[$1,7,7]]');
      return [{ ...one, object }, other];
    },
  ],
  CoverCrypt: foreign('CoverCrypt'),
  ConfigurableKEM: foreign('ConfigurableKEM'),
  taken: [
    ...(['KeysetConflict', /is taken/] as const),
    async (uid) => {
      const keyset = { RotateName: uid, RotateGeneration: 0, RotateLatest: true };
      const [, squatter] = await pairRows({ uid: 'squatter' });
      const pair = await pairRows({ uid, privateMembers: keyset });
      return [...pair, { ...squatter, id: `${uid}@1_pk` }];
    },
  ],
  certified: [
    ...(['CertificateInUse', /"certified-cert"/] as const),
    async (uid) => {
      const links = [link('PrivateKeyLink', uid)];
      return [...(await pairRows({ uid })), certificate(`${uid}-cert`, 'Active', links)];
    },
  ],
  'public-certified': [
    ...(['CertificateInUse', /"public-certified-cert"/] as const),
    async (uid) => {
      const Link = [link('PrivateKeyLink', uid), link('CertificateLink', `${uid}-cert`)];
      const pair = await pairRows({ uid, publicMembers: { Link } });
      return [...pair, certificate(`${uid}-cert`, 'Active', [])];
    },
  ],
};

function certificate(id: string, state: string, Link: readonly object[]): ObjectRow {
  return {
    id,
    object: JSON.stringify({ Certificate: { CertificateType: 'X509', CertificateValue: [48, 0] } }),
    attributes: JSON.stringify({ ObjectType: 'Certificate', State: state, Link }),
    state,
    owner: 'ops@example.org',
    wrappingKeyId: null,
  };
}

describeOnSqlite('pairs', (database) => {
  it('says of each pair what is wrong with it, writes nothing of it, and rotates the others', async () => {
    const bad = await Promise.all(Object.entries(UNSOUND).map(([uid, [, , rows]]) => rows(uid)));
    const retired = certificate('old-cert', 'Deactivated', [link('PrivateKeyLink', 'good')]);
    const url = await storeOf(database, [
      ...bad.flat(),
      ...(await pairRows({ uid: 'good' })),
      retired,
    ]);
    const before = await rowsOf(url);
    const report = await runDue(url, NOW);
    const expected = Object.entries(UNSOUND).map(([uid, [reason]]) => [uid, reason]);
    assert.deepEqual(outcomesOf(report), { ...Object.fromEntries(expected), good: 'rotated' });
    for (const { uid, error, flow } of report.results) {
      assert.equal(flow, 'key-pair');
      if (uid !== 'good') assert.match(error!.message, UNSOUND[uid]![1], uid);
    }
    const after = new Map((await rowsOf(url)).map((row) => [row.id, row]));
    for (const row of before) {
      if (!row.id.startsWith('good')) assert.deepEqual(after.get(row.id), row);
    }
    assert.equal(after.size, before.length + 2);
  });

  for (const half of ['pair', 'pair_pk']) {
    it(`writes nothing over a change that somebody made to ${half} meanwhile, and takes it along`, async () => {
      const url = await storeOf(database, await pairRows());
      let changes = 0;
      const report = await runDue(url, NOW, {
        newPair: async (kind) => {
          if (changes === 0) await setAttributes(url, half, { Comment: 'meanwhile' });
          changes += 1;
          return pairsFor(url)(kind);
        },
      });
      assert.equal(changes, 2);
      assert.deepEqual(outcomesOf(report), { pair: 'rotated' });
      const { replacementUid, publicKeyReplacementUid } = report.results[0]!;
      const successor = half === 'pair' ? replacementUid : publicKeyReplacementUid;
      const row = (await rowsOf(url)).find(({ id }) => id === successor);
      assert.match(row!.attributes, /meanwhile/);
    });
  }

  it('gives a pair up, whole, that others change at every try', async () => {
    const url = await storeOf(database, await pairRows());
    let changes = 0;
    const report = await runDue(url, NOW, {
      newPair: async (kind) => {
        changes += 1;
        await setAttributes(url, 'pair_pk', { Comment: String(changes) });
        return pairsFor(url)(kind);
      },
    });
    assert.deepEqual(outcomesOf(report), { pair: 'ConcurrentChange' });
    assert.deepEqual((await rowsOf(url)).map(({ id, state }) => [id, state]).sort(), [
      ['pair', 'Active'],
      ['pair_pk', 'Active'],
    ]);
  });

  // Whoever rotated the one would retire the public key of the other.
  for (const [what, named] of [
    ['of another name', 'copy'],
    ['after which the public key is called', 'pair'],
  ] as const) {
    it(`are refused from either side if a second private key, ${what}, links to the public key`, async () => {
      const other = named === 'pair' ? 'original' : 'pair';
      const [privateKey, publicKey] = await pairRows({
        uid: 'pair',
        publicMembers: { Link: [link('PrivateKeyLink', other)] },
      });
      const copy = (uid: string) => {
        const named = (text: string) =>
          text.replace('"UniqueIdentifier":"pair"', `"UniqueIdentifier":"${uid}"`);
        const { object, attributes } = privateKey;
        return { ...privateKey, id: uid, object: named(object), attributes: named(attributes) };
      };
      const second = named === 'pair' ? copy(other) : copy(named);
      const url = await storeOf(database, [privateKey, publicKey, second]);
      const before = await rowsOf(url);
      const report = await runDue(url, NOW);
      assert.deepEqual(outcomesOf(report), { pair: 'UnsoundPair', [second.id]: 'UnsoundPair' });
      assert.deepEqual(await rowsOf(url), before);
      const sound = named === 'pair' ? other : 'pair';
      const error = report.results.find(({ uid }) => uid === sound)?.error;
      assert.match(error?.message ?? '', /"pair_pk" is that of "(copy|pair)" too/);
      // What is in use no more is no reason to keep the other one from being rotated.
      await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = ?`, named);
      assert.deepEqual(outcomesOf(await runDue(url, NOW)), { [sound]: 'rotated' });
    });
  }

  it('writes nothing of a pair if one key cannot be written', async () => {
    const url = await storeOf(database, await pairRows());
    const before = await rowsOf(url);
    await failWrites(url, { table: 'objects', event: 'UPDATE', uid: 'pair_pk' });
    const report = await runDue(url, NOW);
    assert.deepEqual(outcomesOf(report), { pair: 'RowRefused' });
    assert.deepEqual(await rowsOf(url), before);
  });

  it('foresees in a dry run what it would do, with the uids that are known', async () => {
    const keyset = { RotateName: 'set', RotateGeneration: 0, RotateLatest: true };
    const url = await storeOf(database, [
      ...(await pairRows()),
      ...(await pairRows({ uid: 'set', privateMembers: keyset })),
    ]);
    const before = await rowsOf(url);
    const { results } = await runDue(url, NOW, { dryRun: true });
    assert.deepEqual(
      results.map((one) => [one.uid, one.outcome, one.publicKeyUid, one.publicKeyReplacementUid]),
      [
        ['pair', 'would-rotate', 'pair_pk', null],
        ['set', 'would-rotate', 'set_pk', 'set@1_pk'],
      ],
    );
    assert.deepEqual(await rowsOf(url), before);
  });

  it('rotates one on request by its private key; of its public key it says which that is', async () => {
    const url = await storeOf(
      database,
      await pairRows({ privateMembers: { RotateInterval: undefined } }),
    );
    const refused = await runOne(url, 'pair_pk', NOW);
    assert.deepEqual(outcomesOf(refused), { pair_pk: 'PublicKey' });
    assert.match(refused.results[0]?.error?.hint ?? '', /kms rotate key pair$/);
    const report = await runOne(url, 'pair', NOW);
    assert.deepEqual(outcomesOf(report), { pair: 'rotated' });
    assert.deepEqual(outcomesOf(await runOne(url, 'pair', NOW)), { pair: 'AlreadyReplaced' });
    const next = await runOne(url, report.results[0]!.replacementUid!, NOW + 1);
    assert.deepEqual(Object.values(outcomesOf(next)), ['rotated']);
  });
});
