// A certificate that is renewed in a run before the pair that it certifies, where nothing but its own links leads
// from the one to the other: the pair takes the latest certificate along, and leaves none that names it.
import assert from 'node:assert/strict';
import { linkTo } from '../../src/kmip/attributes.js';
import { decodeRow, type ObjectRow } from '../../src/kmip/managed-object.js';
import { certificateRow, importedPair } from '../support/certificate-rows.js';
import { describeEachDatabase } from '../support/databases.js';
import { runDue } from '../support/run.js';
import { DAY, insertRows, JANUARY, newStorePath, rowsOf } from '../support/store.js';
import { makeCertificate, makeKey } from '../support/x509.js';

const NOW = JANUARY + 40 * DAY;

/** The certificate's deadline comes first, and no CertificateLink makes it wait. */
function certifiedPair(uid: string): readonly ObjectRow[] {
  const key = makeKey('P256');
  const { der } = makeCertificate({
    subject: `/CN=${uid}`,
    key,
    issuer: null,
    notBefore: JANUARY,
    notAfter: JANUARY + 365 * DAY,
    extensions: [],
  });
  const [privateKey, publicKey] = importedPair(`${uid}-key`, key, null);
  const armed = {
    ...(JSON.parse(privateKey.attributes) as object),
    RotateAutomatic: true,
    RotateInterval: 31 * DAY,
  };
  return [
    certificateRow(uid, der, { PublicKeyLink: `${uid}-key_pk`, PrivateKeyLink: `${uid}-key` }),
    { ...privateKey, attributes: JSON.stringify(armed) },
    publicKey,
  ];
}

describeEachDatabase('a certificate renewed before its pair', (database) => {
  for (const batchSize of [1, 64]) {
    it(`is renewed once more, from its latest generation, in batches of ${batchSize}`, async () => {
      const url = await newStorePath(database);
      await insertRows(url, [...certifiedPair('one'), ...certifiedPair('two')], []);
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
});
