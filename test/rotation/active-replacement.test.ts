// By which key a replaced wrapping key is followed, through links or, where those were written over, our log.
import assert from 'node:assert/strict';
import { decodeRow, type ManagedObject } from '../../src/kmip/managed-object.js';
import { activeReplacementOf, uidsToFindInLog } from '../../src/rotation/active-replacement.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

const link = (LinkType: string, LinkedObjectIdentifier: string) => ({
  LinkType,
  LinkedObjectIdentifier,
});

function anObject(content: object, uid: string, links: readonly object[], state: string) {
  const [objectType] = Object.keys(content);
  return decodeRow({
    ...aSymmetricKey({ uid }),
    object: JSON.stringify(content),
    attributes: JSON.stringify({ ObjectType: objectType, Link: links }),
    state,
  });
}

const half = (type: string, uid: string, links: readonly object[] = [], state = 'Active') => {
  const KeyBlock = { KeyFormatType: 'Raw', KeyValue: { KeyMaterial: [1] } };
  return anObject({ [type]: { KeyBlock } }, uid, links, state);
};

const aCertificate = (uid: string, links: readonly object[], state = 'Active') => {
  const Certificate = { CertificateType: 'X509', CertificateValue: [] };
  return anObject({ Certificate }, uid, links, state);
};

const among = (...objects: readonly ManagedObject[]) =>
  new Map(objects.map((object) => [object.uniqueIdentifier, object]));

const NOTHING_LOGGED = new Map<string, string>();

describe('the successor of a wrapping key', () => {
  it('is the same key of the pair that our log tells of by its private key', () => {
    const all = among(
      half('PrivateKey', 'a', [], 'Deactivated'),
      half('PublicKey', 'b', [link('PrivateKeyLink', 'a')], 'Deactivated'),
      half('PrivateKey', 'next', [link('PublicKeyLink', 'next_pk')]),
      half('PublicKey', 'next_pk'),
    );
    assert.deepEqual(uidsToFindInLog(all), ['a']);
    const logged = new Map([['a', 'next']]);
    assert.equal(activeReplacementOf('a', all, logged)?.uniqueIdentifier, 'next');
    assert.equal(activeReplacementOf('b', all, logged)?.uniqueIdentifier, 'next_pk');
    assert.equal(activeReplacementOf('b', all, NOTHING_LOGGED), null);
  });

  it('is the end of a chain in which links and our log take turns', () => {
    const all = among(
      half('SymmetricKey', 'k', [], 'Deactivated'),
      half('SymmetricKey', 'k@1', [link('ReplacementObjectLink', 'k@2')], 'Deactivated'),
      half('SymmetricKey', 'k@2', [], 'Deactivated'),
      half('SymmetricKey', 'k@3'),
    );
    assert.deepEqual(uidsToFindInLog(all), ['k', 'k@2']);
    const logged = new Map([
      ['k', 'k@1'],
      ['k@2', 'k@3'],
    ]);
    for (const uid of ['k', 'k@1', 'k@2']) {
      assert.equal(activeReplacementOf(uid, all, logged)?.uniqueIdentifier, 'k@3');
    }
    assert.throws(() => activeReplacementOf('k', all, new Map([...logged, ['k@2', 'k']])), {
      reason: 'WrappingCycle',
    });
  });

  describe('of a certificate', () => {
    const own = [link('PrivateKeyLink', 'a')];
    const toNext = [link('ReplacementObjectLink', 'next')];
    const replaced = half('PrivateKey', 'a', toNext, 'Deactivated');
    const next = half('PrivateKey', 'next', [link('PublicKeyLink', 'next_pk')]);
    const nextPublic = half('PublicKey', 'next_pk');
    const replacedUid = (uid: string, all: readonly ManagedObject[], logged = NOTHING_LOGGED) =>
      activeReplacementOf(uid, among(...all), logged)?.uniqueIdentifier ?? null;

    it('is the renewed one, as long as its pair is not replaced', () => {
      const links = [...own, link('ReplacementObjectLink', 'new')];
      const old = aCertificate('old', links, 'Deactivated');
      const all = [old, aCertificate('new', own), half('PrivateKey', 'a')];
      assert.equal(replacedUid('old', all), 'new');
      const renewed = aCertificate('new', [link('PrivateKeyLink', 'next')]);
      assert.equal(replacedUid('old', [old, renewed, replaced, next, nextPublic]), 'new');
    });

    it('is none, while its own pair is the latest, whatever its state', () => {
      for (const state of ['Active', 'Deactivated']) {
        const certificate = aCertificate('cert', own, state);
        assert.equal(replacedUid('cert', [certificate, half('PrivateKey', 'a')]), null);
        assert.equal(replacedUid('cert', [certificate]), null);
      }
    });

    it('is the public key of the pair that has replaced its own, by links or by our log', () => {
      for (const state of ['Active', 'Deactivated']) {
        const certificate = aCertificate('cert', own, state);
        assert.equal(replacedUid('cert', [certificate, replaced, next, nextPublic]), 'next_pk');
        const overwritten = half('PrivateKey', 'a', [], 'Deactivated');
        const all = [certificate, overwritten, next, nextPublic];
        assert.equal(replacedUid('cert', all), null);
        assert.ok(uidsToFindInLog(among(...all)).includes('a'));
        assert.equal(replacedUid('cert', all, new Map([['a', 'next']])), 'next_pk');
      }
    });

    it('is none where the replacement of its pair may not wrap, and it is said why', () => {
      const certificate = aCertificate('cert', own);
      const retired = half('PrivateKey', 'next', [link('PublicKeyLink', 'next_pk')], 'Compromised');
      assert.throws(() => replacedUid('cert', [certificate, replaced, retired, nextPublic]), {
        reason: 'WrappingKeyNotActive',
        message: /"next", which is Compromised/,
      });
      assert.throws(() => replacedUid('cert', [certificate, replaced, next]), {
        reason: 'WrappingKeyMissing',
        message: /"next_pk"/,
      });
    });
  });

  it('names the key that is missing of a pair that our log tells of', () => {
    const all = among(
      half('PrivateKey', 'a', [], 'Deactivated'),
      half('PublicKey', 'b', [link('PrivateKeyLink', 'a')], 'Deactivated'),
      half('PrivateKey', 'next', [link('PublicKeyLink', 'next_pk')]),
    );
    assert.throws(() => activeReplacementOf('b', all, new Map([['a', 'next']])), {
      reason: 'WrappingKeyMissing',
      message: /"b" was replaced by "next_pk"/,
    });
  });
});
