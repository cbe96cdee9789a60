// Which rows are a pair that can go together: each way in which they are not is refused by name.
import assert from 'node:assert/strict';
import { pairKindOf, requireSoundPair } from '../../../src/flows/pairs/sound-pair.js';
import { decodeRow } from '../../../src/kmip/managed-object.js';
import type { FoundPair } from '../../../src/flows/pairs/find-pair.js';
import { aKeyPair, P256 } from '../../support/pairs.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';

const link = (LinkType: string, LinkedObjectIdentifier: string) => ({
  LinkType,
  LinkedObjectIdentifier,
});

const links = (...to: readonly (readonly [type: string, uid: string])[]) => ({
  publicMembers: { Link: to.map((one) => link(...one)) },
});

const check = (pair: Pick<FoundPair, 'privateKey' | 'publicKey'>, more: Partial<FoundPair> = {}) =>
  requireSoundPair({ sharedWith: [], certificates: [], ...pair, ...more });

describe('requireSoundPair', () => {
  it('takes a private key and its public key, linked to each other', async () => {
    const { privateKey, publicKey } = await aKeyPair();
    assert.deepEqual(check({ privateKey, publicKey }), { privateKey, publicKey });
  });

  it('takes a public key of any uid, and in any state but destroyed', async () => {
    for (const state of ['PreActive', 'Active', 'Deactivated', 'Compromised']) {
      assert.ok(check(await aKeyPair({ publicRow: { state } })));
    }
  });

  const own = ['PrivateKeyLink', 'pair'] as const;
  const other = ['PrivateKeyLink', 'other'] as const;
  const next = ['ReplacementObjectLink', 'new_pk'] as const;
  for (const [title, changes, message] of [
    ['has no PublicKeyLink', { privateMembers: { Link: [] } }, /"pair" .*no PublicKeyLink/],
    ['is destroyed', { publicRow: { state: 'Destroyed' } }, /"pair_pk" is Destroyed/],
    ['is compromised too', { publicRow: { state: 'Destroyed_Compromised' } }, /_Compromised/],
    ['is of another owner', { publicRow: { owner: 'bob@example.org' } }, /another owner/],
    ['is linked one way only', links(), /does not link back/],
    ['links to another private key', links(other), /another private key, "other"/],
    ['is shared by two private keys', links(other, own), /shared by several private keys/],
    ['is already replaced', links(own, next), /already replaced/],
  ] as const) {
    it(`refuses a pair whose public key ${title}`, async () => {
      const pair = await aKeyPair(changes);
      assert.throws(() => check(pair), { reason: 'UnsoundPair', uid: 'pair', message });
    });
  }

  it('refuses a pair whose public key is of another kind, goes with another private key, or is not there', async () => {
    const { privateKey, publicKey } = await aKeyPair();
    const symmetric = decodeRow(aSymmetricKey({ uid: 'pair_pk' }));
    const kind = {
      kind: 'curve',
      curve: 'CURVEED25519',
      cryptographicAlgorithm: 'Ed25519',
    } as const;
    const edwards = await aKeyPair({}, kind);
    for (const [pair, message] of [
      [{ publicKey: undefined }, /not in the store/],
      [{ publicKey: symmetric }, /is a SymmetricKey/],
      [{ publicKey: edwards.publicKey }, /of the algorithm Ed25519, not ECDH/],
      [{ publicKey, sharedWith: ['other'] }, /"pair_pk" is that of "other" too/],
    ] as const) {
      const refused = { reason: 'UnsoundPair', uid: 'pair', message };
      assert.throws(() => check({ privateKey, ...pair }), refused);
    }
  });

  it('refuses a pair with an Active certificate, not one whose certificate is retired', async () => {
    const { privateKey, publicKey } = await aKeyPair();
    const certificate = (state: string) =>
      decodeRow({
        id: 'cert',
        object: JSON.stringify({ Certificate: { CertificateType: 'X509', CertificateValue: [] } }),
        attributes: JSON.stringify({ ObjectType: 'Certificate' }),
        state,
        owner: 'ops@example.org',
        wrappingKeyId: null,
      });
    const retired = certificate('Deactivated');
    assert.ok(check({ privateKey, publicKey }, { certificates: [retired] }));
    const certificates = [retired, certificate('Active')];
    assert.throws(() => check({ privateKey, publicKey }, { certificates }), {
      reason: 'CertificateInUse',
      uid: 'pair',
      message: /"cert"/,
    });
  });

  it('tells the kind from the private key itself, once the public key is seen to be its own', async () => {
    const { privateKey, publicKey, generated } = await aKeyPair();
    const other = await aKeyPair();
    const pairKeys = { plainPrivateKey: generated.privateKey, plainPublicKey: generated.publicKey };
    assert.deepEqual(await pairKindOf({ privateKey, publicKey }, pairKeys), P256);
    const strange = { ...pairKeys, plainPublicKey: other.generated.publicKey };
    await assert.rejects(pairKindOf({ privateKey, publicKey }, strange), {
      reason: 'UnsoundPair',
      message: /"pair_pk" is the public key of another private key/,
    });
  });

  it('names the private key in what is said of its material', async () => {
    const { privateKey, publicKey, generated } = await aKeyPair();
    const plainPrivateKey = {
      keyFormatType: 'PKCS8',
      material: { kind: 'bytes', bytes: Buffer.of(1) },
    } as const;
    const pairKeys = { plainPrivateKey, plainPublicKey: generated.publicKey };
    await assert.rejects(pairKindOf({ privateKey, publicKey }, pairKeys), {
      reason: 'MalformedObject',
      uid: 'pair',
      message: /"pair" cannot be rotated: the material is no PKCS#8/,
    });
  });
});
