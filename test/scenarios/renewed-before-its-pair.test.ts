// A certificate that is renewed in a run before the pair that it certifies, where nothing but its own links leads
// from the one to the other: the pair takes the latest certificate along, and leaves none that names it.
import assert from 'node:assert/strict';
import { linkTo } from '../../src/kmip/attributes.js';
import { decodeRow, type ObjectRow } from '../../src/kmip/managed-object.js';
import { certificateRow, importedPair, withItsPair } from '../support/certificate-rows.js';
import { describeOnSqlite } from '../support/databases.js';
import { runDue } from '../support/run.js';
import { DAY, insertRows, JANUARY, newStorePath, rowsOf, storeWith } from '../support/store.js';
import { issued, makeKey } from '../support/x509.js';

const NOW = JANUARY + 40 * DAY;

/** The certificate's deadline comes first, and no CertificateLink makes it wait. */
function certifiedPair(uid: string): readonly ObjectRow[] {
  const key = makeKey('P256');
  const { der } = issued(uid, null, { key });
  const [privateKey, publicKey] = importedPair(`${uid}-key`, key, null);
  return [
    certificateRow(uid, der, { PublicKeyLink: `${uid}-key_pk`, PrivateKeyLink: `${uid}-key` }),
    { ...privateKey, attributes: armed(privateKey) },
    publicKey,
  ];
}

/** Due after its certificate. */
function armed({ attributes }: ObjectRow): string {
  return JSON.stringify({
    ...(JSON.parse(attributes) as object),
    RotateAutomatic: true,
    RotateInterval: 31 * DAY,
  });
}

const ROOT = issued('Root', null, {
  notAfter: JANUARY + 3650 * DAY,
  extensions: ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, keyCertSign'],
});

const leaf = (key: ReturnType<typeof makeKey>) => issued('leaf', ROOT, { key });

async function certificateOf(url: string, uid: string): Promise<string | undefined> {
  const row = (await rowsOf(url)).find(({ id }) => id === uid);
  const { Link } = JSON.parse(row?.attributes ?? '{}') as {
    Link: { LinkType: string; LinkedObjectIdentifier: string }[];
  };
  return Link.find(({ LinkType }) => LinkType === 'CertificateLink')?.LinkedObjectIdentifier;
}

describeOnSqlite('a certificate renewed before its pair', (database) => {
  for (const batchSize of [1, 64]) {
    it(`is renewed once more, from its latest generation, in batches of ${batchSize}`, async () => {
      const url = await storeWith(database, [...certifiedPair('one'), ...certifiedPair('two')], []);
      const report = await runDue(url, NOW, { withCertificates: true, batchSize });
      assert.equal(report.error, null);
      assert.ok(report.results.every(({ outcome }) => outcome === 'rotated'));
      const stored = await rowsOf(url);
      const objects = new Map(
        stored.map(({ wrapping_key_id: wrappingKeyId, ...row }) => [
          row.id,
          decodeRow({ ...row, wrappingKeyId }),
        ]),
      );
      const replaced: string[] = [];
      for (const { objectType, state, uniqueIdentifier: uid, attributes } of objects.values()) {
        if (objectType !== 'Certificate') continue;
        replaced.push(linkTo(attributes, 'ReplacedObjectLink') ?? '');
        const key = objects.get(linkTo(attributes, 'PrivateKeyLink') ?? '');
        assert.equal(key?.state, state, `${uid} is ${state}, its private key is not`);
      }
      // Each replaces one of its own: the two first ones nothing, four others four.
      assert.equal(new Set(replaced).size, 5, replaced.join());
      assert.equal(replaced.length, 6);
    });
  }

  it('takes both keys along, though it links to one of them alone', async () => {
    for (const links of [{ PublicKeyLink: 'key_pk' }, { PrivateKeyLink: 'key' }]) {
      const url = await newStorePath(database);
      const key = makeKey('P256');
      const rows = [
        ...withItsPair('root', ROOT, 'root', { members: { RotateInterval: 0 } }),
        certificateRow('cert', leaf(key).der, { CertificateLink: 'root', ...links }),
        ...importedPair('key', key, 'cert'),
      ];
      await insertRows(url, rows, []);
      const [result] = (await runDue(url, NOW)).results;
      assert.equal(result?.outcome, 'rotated', result?.error?.message);
      for (const uid of ['key', 'key_pk']) {
        assert.equal(await certificateOf(url, uid), result.replacementUid, uid);
      }
    }
  });

  it('is in use, though it links to no key and a key to the one before it', async () => {
    const url = await newStorePath(database);
    const key = makeKey('P256');
    const [privateKey, publicKey] = importedPair('key', key, 'cert');
    const rows = [
      ...withItsPair('root', ROOT, 'root', { members: { RotateInterval: 0 } }),
      certificateRow('cert', leaf(key).der, { CertificateLink: 'root' }),
      { ...privateKey, attributes: armed(privateKey) },
      publicKey,
    ];
    await insertRows(url, rows, []);
    const reasons = async (changes: object) =>
      (await runDue(url, NOW, changes)).results.map(({ uid, error, outcome }) => [
        uid,
        error?.reason ?? outcome,
      ]);
    assert.deepEqual(await reasons({}), [
      ['cert', 'rotated'],
      ['key', 'CertificateInUse'],
    ]);
    assert.deepEqual(await reasons({}), [['key', 'CertificateInUse']]);
    assert.deepEqual(await reasons({ withCertificates: true }), [['key', 'rotated']]);
    const active = (await rowsOf(url)).filter(
      ({ object, state, id }) =>
        object.includes('CertificateValue') && state === 'Active' && id !== 'root',
    );
    assert.equal(active.length, 1);
  });
});
