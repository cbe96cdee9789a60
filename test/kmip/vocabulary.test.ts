// Numbers of KMIP 2.1 enumerations against the list of storage format §5.5, and the usage mask and
// system tags against §3.3 and §1.6.
import assert from 'node:assert/strict';
import {
  CRYPTOGRAPHIC_ALGORITHMS,
  HASHING_ALGORITHMS,
  KEY_FORMAT_TYPES,
  LINK_TYPES,
  OBJECT_TYPES,
  STATES,
  SYMMETRIC_KEY_USAGE_MASK,
  SYSTEM_TAGS,
} from '../../src/kmip/vocabulary.js';

type Numbers = Readonly<Record<string, number>>;

/** What storage format §5.5 lists, of names that rotation reads. */
const LISTED: [title: string, ours: Numbers, listed: Numbers][] = [
  [
    'Cryptographic Algorithm',
    CRYPTOGRAPHIC_ALGORITHMS,
    {
      ...{ AES: 3, RSA: 4, ECDSA: 6, HMACSHA256: 9, ECDH: 0x0e, EC: 0x1a, ChaCha20: 0x1c },
      ...{ SHA3256: 0x20, SHAKE256: 0x28, Ed25519: 0x37, Ed448: 0x38 },
    },
  ],
  [
    'Key Format Type',
    KEY_FORMAT_TYPES,
    {
      ...{ Raw: 1, PKCS1: 3, PKCS8: 4, TransparentSymmetricKey: 7 },
      ...{ TransparentRSAPrivateKey: 0x0a, TransparentRSAPublicKey: 0x0b },
      ...{ TransparentECPrivateKey: 0x14, TransparentECPublicKey: 0x15 },
    },
  ],
  [
    'Hashing Algorithm',
    HASHING_ALGORITHMS,
    { ...{ SHA1: 4, SHA224: 5, SHA256: 6, SHA384: 7, SHA512: 8 }, SHA3256: 0x0f },
  ],
  [
    'State',
    STATES,
    {
      ...{ PreActive: 1, Active: 2, Deactivated: 3 },
      ...{ Compromised: 4, Destroyed: 5, Destroyed_Compromised: 6 },
    },
  ],
  [
    'Object Type',
    OBJECT_TYPES,
    {
      ...{ Certificate: 1, SymmetricKey: 2, PublicKey: 3 },
      ...{ PrivateKey: 4, SecretData: 7, OpaqueObject: 8 },
    },
  ],
  [
    'Link Type',
    LINK_TYPES,
    {
      ...{ CertificateLink: 0x101, PublicKeyLink: 0x102, PrivateKeyLink: 0x103 },
      ...{ ReplacementObjectLink: 0x106, ReplacedObjectLink: 0x107 },
    },
  ],
];

describe('vocabulary', () => {
  for (const [title, ours, listed] of LISTED) {
    it(`${title} has the numbers of KMIP 2.1 §11`, () => {
      const known = Object.fromEntries(Object.keys(listed).map((name) => [name, ours[name]]));
      assert.deepEqual(known, listed);
    });

    it(`${title} gives no number twice`, () => {
      assert.equal(new Set(Object.values(ours)).size, Object.keys(ours).length);
    });
  }

  it('numbers the link types of storage format §3.3 in its order from 0x101', () => {
    const order =
      'CertificateLink PublicKeyLink PrivateKeyLink DerivationBaseObjectLink DerivedKeyLink ReplacementObjectLink ' +
      'ReplacedObjectLink ParentLink ChildLink PreviousLink NextLink PKCS12CertificateLink PKCS12PasswordLink WrappingKeyLink';
    assert.deepEqual(
      Object.entries(LINK_TYPES),
      order.split(' ').map((name, index) => [name, 0x101 + index]),
    );
  });

  it('knows every object type that the store may hold (storage format §2.1)', () => {
    assert.deepEqual(
      Object.keys(OBJECT_TYPES).sort(),
      'Certificate CertificateRequest OpaqueObject PGPKey PrivateKey PublicKey SecretData SplitKey SymmetricKey'.split(
        ' ',
      ),
    );
  });

  it('gives a new symmetric key the mask that the server gives: 2108', () => {
    assert.equal(SYMMETRIC_KEY_USAGE_MASK, 2108);
  });

  it('has the system tags of storage format §1.6', () => {
    assert.deepEqual(SYSTEM_TAGS, {
      ...{ SymmetricKey: '_kk', PrivateKey: '_sk', PublicKey: '_pk' },
      ...{ Certificate: '_cert', SecretData: '_sd', OpaqueObject: '_oo' },
    });
  });
});
