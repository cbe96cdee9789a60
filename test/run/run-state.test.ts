// What a run remembers: lookups in a store, made once unless they fail, and what it has retired.
import assert from 'node:assert/strict';
import { certificateOf } from '../../src/flows/certificates/certificate-object.js';
import { KmsError } from '../../src/errors.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import { newRunState } from '../../src/run/run-state.js';
import type { Store } from '../../src/store/store.js';
import { aCertificate } from '../support/dated-certificates.js';
import { insertRows, newStorePath } from '../support/sqlite.js';
import { withStore } from '../support/store.js';

const LINK = [{ LinkType: 'PrivateKeyLink', LinkedObjectIdentifier: 'key-1' }];

/** Hands over a store with one certificate, whose finding of Active certificates fails the first times. */
async function withCertificate(
  failures: number,
  use: (store: Store, finds: () => number) => Promise<void>,
): Promise<void> {
  const path = await newStorePath();
  insertRows(path, [aCertificate({ members: { Link: LINK } })]);
  let finds = 0;
  await withStore(path, (store) =>
    use(
      {
        ...store,
        findActiveCertificates: (filters) => {
          finds += 1;
          if (finds <= failures) throw new KmsError('StoreBusy', `locked ${finds}`);
          return store.findActiveCertificates(filters);
        },
      },
      () => finds,
    ),
  );
}

describe('RunState', () => {
  it('looks up the certificates once, and again once they are invalidated', () =>
    withCertificate(0, async (store, finds) => {
      const state = newRunState(store);
      const found = [{ uid: 'cert-1', linkedUids: ['key-1'] }];
      assert.deepEqual(await Promise.all([state.certificates(), state.certificates()]), [
        found,
        found,
      ]);
      assert.equal(finds(), 1);
      state.invalidateCertificates();
      assert.deepEqual(await state.certificates(), found);
      assert.equal(finds(), 2);
    }));

  it('does not keep a failed lookup: the next batch tries again', () =>
    withCertificate(1, async (store, finds) => {
      const state = newRunState(store);
      await assert.rejects(state.certificates(), { reason: 'StoreBusy', message: 'locked 1' });
      assert.equal((await state.certificates()).length, 1);
      assert.equal((await state.certificates()).length, 1);
      assert.equal(finds(), 2);
    }));

  it('finds issuers by their subject, reads the certificates once, and keeps no failure of that either', () =>
    withCertificate(1, async (store, finds) => {
      const state = newRunState(store);
      const { subject } = certificateOf(decodeRow(aCertificate())).certificate;
      await assert.rejects(state.issuersNamed(subject), { reason: 'StoreBusy' });
      assert.deepEqual([...(await state.issuersNamed(subject)).keys()], ['cert-1']);
      assert.equal((await state.issuersNamed(Buffer.from('3000', 'hex'))).size, 0);
      assert.equal(finds(), 2);
    }));

  it('knows what was retired', () =>
    withCertificate(0, (store) => {
      const state = newRunState(store);
      assert.equal(state.isRetired('cert-1'), false);
      state.retire(['cert-1', 'cert-2']);
      assert.deepEqual(['cert-1', 'cert-2', 'cert-3'].map(state.isRetired), [true, true, false]);
      return Promise.resolve();
    }));
});
