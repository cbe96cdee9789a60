// Certificates and an overlap: what is replaced with a pair retires with it, and a certificate that retires is no longer in
// use, though it is Active.
import assert from 'node:assert/strict';
import { linkTo } from '../../src/kmip/attributes.js';
import type { RunContext } from '../../src/run/context.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import { certificateRow, importedPair, withItsPair } from '../support/certificate-rows.js';
import { describeOnSqlite } from '../support/databases.js';
import { changeRow } from '../support/meddle.js';
import { warnAt } from '../support/notified-runs.js';
import { outcomesOf } from '../support/reports.js';
import { runDue, runOne } from '../support/run.js';
import { DAY, JANUARY, rowOf, rowsOf, storeWith, withStore } from '../support/store.js';
import { valuesOf } from '../support/values-of.js';
import { issued } from '../support/x509.js';

const NOW = JANUARY + 40 * DAY;
const LEAF_END = JANUARY + 60 * DAY;

const ROOT = issued('Root', null, {
  notAfter: JANUARY + 3650 * DAY,
  extensions: ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, keyCertSign'],
});
const LEAF = issued('leaf', ROOT, { notAfter: LEAF_END });
const UNARMED = { members: { RotateInterval: 0 } };

const overlap = (seconds: number) =>
  ({ overlap: { asked: null, byDefault: seconds } }) satisfies Partial<RunContext>;

const retiringIn = async (url: string) =>
  [...(await withStore(url, (store) => store.retiringObjects())).values()].map(
    ({ uid, objectUid, endsAt }) => [uid, objectUid, endsAt],
  );

describeOnSqlite('an overlap of certificates', (database) => {
  it('is one with that of their pair, and the next rotation renews the head alone', async () => {
    const rows = [
      ...withItsPair('root', ROOT, 'root', UNARMED),
      ...withItsPair('leaf', LEAF, 'root', UNARMED),
    ];
    const url = await storeWith(database, rows, []);
    const options = { withCertificates: true, ...overlap(30 * DAY) };
    const [first] = (await runOne(url, 'leaf-key', NOW, options)).results;
    assert.equal(first?.outcome, 'rotated', first?.error?.message);
    // No longer than the certificate lasts.
    const ofFirst = ['leaf', 'leaf-key', 'leaf-key_pk'].map((uid) => [uid, 'leaf-key', LEAF_END]);
    assert.deepEqual(await retiringIn(url), ofFirst);
    const second = await runOne(url, first.replacementUid ?? '', NOW + DAY, options);
    assert.deepEqual(Object.values(outcomesOf(second)), ['rotated']);
    assert.equal((await retiringIn(url)).length, 6);
    const certificates = (await rowsOf(url))
      .map(({ wrapping_key_id: wrappingKeyId, ...row }) => decodeRow({ ...row, wrappingKeyId }))
      .filter(({ objectType }) => objectType === 'Certificate');
    const replaced = certificates.map(({ attributes }) => linkTo(attributes, 'ReplacedObjectLink'));
    assert.equal(certificates.length, 4);
    assert.equal(replaced.filter((uid) => uid === 'leaf').length, 1);
    const ended = await runDue(url, LEAF_END, options);
    assert.deepEqual(
      valuesOf(ended.retired, 'uid').filter((uid) => uid.startsWith('leaf')),
      ['leaf', 'leaf-key', 'leaf-key_pk'],
    );
    assert.equal((await rowOf(url, 'leaf')).state, 'Deactivated');
  });

  it('does not keep a pair from rotating, and has no warning but that of its end', async () => {
    const rows = [
      ...withItsPair('root', ROOT, 'root', UNARMED),
      certificateRow('leaf', LEAF.der, {
        CertificateLink: 'root',
        PublicKeyLink: 'leaf-key_pk',
        PrivateKeyLink: 'leaf-key',
      }),
      ...importedPair('leaf-key', LEAF.key, 'leaf'),
    ];
    const url = await storeWith(database, rows, []);
    const [renewed] = (await runOne(url, 'leaf', NOW, overlap(30 * DAY))).results;
    assert.equal(renewed?.outcome, 'rotated', renewed?.error?.message);
    assert.deepEqual(await retiringIn(url), [['leaf', 'leaf', LEAF_END]]);
    const { deadlines } = await withStore(url, (store) => warnAt(store, LEAF_END - 60, []));
    const ofLeaf = deadlines.near.filter(({ uid }) => uid === 'leaf');
    assert.deepEqual(valuesOf(ofLeaf, 'kind'), ['overlap-end']);
    const rotate = async () => outcomesOf(await runOne(url, 'leaf-key', NOW + DAY));
    assert.deepEqual(await rotate(), { 'leaf-key': 'CertificateInUse' });
    await changeRow(url, renewed.replacementUid ?? '', { state: 'Deactivated' });
    assert.deepEqual(await rotate(), { 'leaf-key': 'rotated' });
  });
});
