// KMIP 2.1 names and numbers of the enumerations that rotation reads (§11); what they imply is
// decided elsewhere. The store writes names; its reader also takes the numbers.

export const OBJECT_TYPES = {
  Certificate: 1,
  SymmetricKey: 2,
  PublicKey: 3,
  PrivateKey: 4,
  SplitKey: 5,
  SecretData: 7,
  OpaqueObject: 8,
  PGPKey: 9,
  CertificateRequest: 10,
} as const;
export type ObjectType = keyof typeof OBJECT_TYPES;

export const STATES = {
  PreActive: 1,
  Active: 2,
  Deactivated: 3,
  Compromised: 4,
  Destroyed: 5,
  Destroyed_Compromised: 6,
} as const;
export type State = keyof typeof STATES;

export const LINK_TYPES = {
  CertificateLink: 0x101,
  PublicKeyLink: 0x102,
  PrivateKeyLink: 0x103,
  DerivationBaseObjectLink: 0x104,
  DerivedKeyLink: 0x105,
  ReplacementObjectLink: 0x106,
  ReplacedObjectLink: 0x107,
  ParentLink: 0x108,
  ChildLink: 0x109,
  PreviousLink: 0x10a,
  NextLink: 0x10b,
  PKCS12CertificateLink: 0x10c,
  PKCS12PasswordLink: 0x10d,
  WrappingKeyLink: 0x10e,
} as const;
export type LinkType = keyof typeof LINK_TYPES;

/** Algorithms that a store may hold; what can be made anew is said in crypto/ and flows/. */
export const CRYPTOGRAPHIC_ALGORITHMS = {
  DES: 1,
  THREE_DES: 2,
  AES: 3,
  RSA: 4,
  DSA: 5,
  ECDSA: 6,
  HMACSHA1: 7,
  HMACSHA224: 8,
  HMACSHA256: 9,
  HMACSHA384: 0x0a,
  HMACSHA512: 0x0b,
  HMACMD5: 0x0c,
  DH: 0x0d,
  ECDH: 0x0e,
  EC: 0x1a,
  ChaCha20: 0x1c,
  Poly1305: 0x1d,
  ChaCha20Poly1305: 0x1e,
  SHA3224: 0x1f,
  SHA3256: 0x20,
  SHA3384: 0x21,
  SHA3512: 0x22,
  HMACSHA3224: 0x23,
  HMACSHA3256: 0x24,
  HMACSHA3384: 0x25,
  HMACSHA3512: 0x26,
  SHAKE128: 0x27,
  SHAKE256: 0x28,
  Ed25519: 0x37,
  Ed448: 0x38,
  MLKEM_512: 0x39,
  MLKEM_768: 0x3a,
  MLKEM_1024: 0x3b,
  MLDSA_44: 0x3c,
  MLDSA_65: 0x3d,
  MLDSA_87: 0x3e,
  SLHDSA_SHA2_128s: 0x3f,
  SLHDSA_SHA2_128f: 0x40,
  SLHDSA_SHA2_192s: 0x41,
  SLHDSA_SHA2_192f: 0x42,
  SLHDSA_SHA2_256s: 0x43,
  SLHDSA_SHA2_256f: 0x44,
  SLHDSA_SHAKE_128s: 0x45,
  SLHDSA_SHAKE_128f: 0x46,
  SLHDSA_SHAKE_192s: 0x47,
  SLHDSA_SHAKE_192f: 0x48,
  SLHDSA_SHAKE_256s: 0x49,
  SLHDSA_SHAKE_256f: 0x4a,
  X25519MLKEM768: 0x88800006,
} as const;

export const KEY_FORMAT_TYPES = {
  Raw: 1,
  Opaque: 2,
  PKCS1: 3,
  PKCS8: 4,
  X509: 5,
  ECPrivateKey: 6,
  TransparentSymmetricKey: 7,
  TransparentRSAPrivateKey: 0x0a,
  TransparentRSAPublicKey: 0x0b,
  TransparentECPrivateKey: 0x14,
  TransparentECPublicKey: 0x15,
} as const;

/** Bits of the Cryptographic Usage Mask (§11.12) that a new symmetric key of ours is given. */
export const SYMMETRIC_KEY_USAGE_MASK = 4 + 8 + 16 + 32 + 2048;

/** The tag with which the server marks each type of object (storage format §1.6). */
export const SYSTEM_TAGS: Partial<Record<ObjectType, string>> = {
  SymmetricKey: '_kk',
  PrivateKey: '_sk',
  PublicKey: '_pk',
  Certificate: '_cert',
  SecretData: '_sd',
  OpaqueObject: '_oo',
};
