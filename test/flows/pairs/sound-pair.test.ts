// Which rows are a pair that can go together: each way in which they are not is refused by name.
import assert from 'node:assert/strict';
import { pairKindOf, requireSoundPair } from '../../../src/flows/pairs/sound-pair.js';
import { decodeRow, type ManagedObject } from '../../../src/kmip/managed-object.js';
import { aKeyPair, P256, type PairChanges } from '../../support/pairs.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';

const link = (LinkType: string, LinkedObjectIdentifier: string) => ({
  LinkType,
  LinkedObjectIdentifier,
});

describe('requireSoundPair', () => {
  it('takes a private key and its public key, linked to each other', async () => {
    const { privateKey, publicKey } = await aKeyPair();
    const pair = requireSoundPair({ privateKey, publicKey, sharedWith: [], certificates: [] });
    assert.deepEqual(pair, { privateKey, publicKey });
  });

  it('takes a public key of any uid, and in any state but destroyed', async () => {
    for (const state of ['PreActive', 'Active', 'Deactivated', 'Compromised']) {
      const { privateKey, publicKey } = await aKeyPair({ publicRow: { state } });
      assert.ok(requireSoundPair({ privateKey, publicKey, sharedWith: [], certificates: [] }));
    }
  });

  const refused: [title: string, changes: PairChanges, message: RegExp][] = [
    ['has no PublicKeyLink', { privateMembers: { Link: [] } }, /"pair" .*no PublicKeyLink/],
    ['is destroyed', { publicRow: { state: 'Destroyed' } }, /"pair_pk" is Destroyed/],
    [
      'is destroyed and compromised',
      { publicRow: { state: 'Destroyed_Compromised' } },
      /is Destroyed_Compromised/,
    ],
    ['is of another owner', { publicRow: { owner: 'bob@example.org' } }, /another owner/],
    ['is linked one way only', { publicMembers: { Link: [] } }, /does not link back/],
    [
      'links back to another private key',
      { publicMembers: { Link: [link('PrivateKeyLink', 'other')] } },
      /another private key, "other"/,
    ],
    [
      'is shared by two private keys',
      {
        publicMembers: { Link: [link('PrivateKeyLink', 'other'), link('PrivateKeyLink', 'pair')] },
      },
      /shared by several private keys/,
    ],
    [
      'is already replaced',
      {
        publicMembers: {
          Link: [link('PrivateKeyLink', 'pair'), link('ReplacementObjectLink', 'new_pk')],
        },
      },
      /already replaced/,
    ],
  ];
  for (const [title, changes, message] of refused) {
    it(`refuses a pair whose public key ${title}`, async () => {
      const { privateKey, publicKey } = await aKeyPair(changes);
      assert.throws(
        () => requireSoundPair({ privateKey, publicKey, sharedWith: [], certificates: [] }),
        {
          reason: 'UnsoundPair',
          uid: 'pair',
          message,
        },
      );
    });
  }

  it('refuses a pair whose public key goes with another private key too', async () => {
    const { privateKey, publicKey } = await aKeyPair();
    const shared = { privateKey, publicKey, sharedWith: ['other'], certificates: [] };
    assert.throws(() => requireSoundPair(shared), {
      reason: 'UnsoundPair',
      uid: 'pair',
      message: /"pair_pk" is that of "other" too/,
    });
  });

  it('refuses a pair whose public key is not there', async () => {
    const { privateKey } = await aKeyPair();
    assert.throws(
      () =>
        requireSoundPair({ privateKey, publicKey: undefined, sharedWith: [], certificates: [] }),
      {
        reason: 'UnsoundPair',
        message: /not in the store/,
      },
    );
  });

  it('refuses a pair whose public key is no public key, or of another algorithm', async () => {
    const { privateKey } = await aKeyPair();
    const symmetric = decodeRow(aSymmetricKey({ uid: 'pair_pk' }));
    const edwards = await aKeyPair(
      {},
      { kind: 'curve', curve: 'CURVEED25519', cryptographicAlgorithm: 'Ed25519' },
    );
    for (const [publicKey, message] of [
      [symmetric, /is a SymmetricKey/],
      [edwards.publicKey, /of the algorithm Ed25519, not ECDH/],
    ] as [ManagedObject, RegExp][]) {
      assert.throws(
        () => requireSoundPair({ privateKey, publicKey, sharedWith: [], certificates: [] }),
        {
          reason: 'UnsoundPair',
          message,
        },
      );
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
    assert.ok(requireSoundPair({ privateKey, publicKey, sharedWith: [], certificates: [retired] }));
    const certificates = [retired, certificate('Active')];
    assert.throws(() => requireSoundPair({ privateKey, publicKey, sharedWith: [], certificates }), {
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
