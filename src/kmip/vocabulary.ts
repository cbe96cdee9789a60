// Names and numbers of the enumerations of KMIP 2.1 that rotation reads (§11). The server writes names; its reader also
// takes the numbers.

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

/** The states of an object whose material is gone. */
export const DESTROYED_STATES: readonly State[] = ['Destroyed', 'Destroyed_Compromised'];

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

/** Algorithms that a store may hold; crypto/ and flows/ say which of them can be generated. */
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
  PKCS12: 0x16,
  PKCS10: 0x17,
} as const;

/** Curves by the server's names; those past KMIP's own list are its extensions (storage format §5.5). */
export const RECOMMENDED_CURVES = {
  P192: 1,
  P224: 4,
  P256: 7,
  P384: 0x0a,
  P521: 0x0d,
  SECP224K1: 0x18,
  SECP256K1: 0x19,
  CURVE25519: 0x45,
  CURVE448: 0x46,
  CURVEED25519: 0x80000001,
  CURVEED448: 0x80000002,
} as const;

export const WRAPPING_METHODS = {
  Encrypt: 1,
  MACSign: 2,
  EncryptThenMACSign: 3,
  MACSignThenEncrypt: 4,
  TR31: 5,
} as const;

export const ENCODING_OPTIONS = { NoEncoding: 1, TTLVEncoding: 2 } as const;
export type EncodingOption = keyof typeof ENCODING_OPTIONS;

/** The last two are the server's own. */
export const BLOCK_CIPHER_MODES = {
  CBC: 1,
  ECB: 2,
  PCBC: 3,
  CFB: 4,
  OFB: 5,
  CTR: 6,
  CMAC: 7,
  CCM: 8,
  GCM: 9,
  CBCMAC: 0x0a,
  XTS: 0x0b,
  AESKeyWrapPadding: 0x0c,
  NISTKeyWrap: 0x0d,
  X9102AESKW: 0x0e,
  X9102TDKW: 0x0f,
  X9102AKW1: 0x10,
  X9102AKW2: 0x11,
  AEAD: 0x12,
  GCMSIV: 0x80000002,
  LegacyNISTKeyWrap: 0x8000000d,
} as const;

export const PADDING_METHODS = {
  None: 1,
  OAEP: 2,
  PKCS5: 3,
  SSL3: 4,
  Zeros: 5,
  ANSI_X923: 6,
  ISO10126: 7,
  PKCS1v15: 8,
  X931: 9,
  PSS: 0x0a,
} as const;

export const HASHING_ALGORITHMS = {
  MD2: 1,
  MD4: 2,
  MD5: 3,
  SHA1: 4,
  SHA224: 5,
  SHA256: 6,
  SHA384: 7,
  SHA512: 8,
  RIPEMD160: 9,
  Tiger: 0x0a,
  Whirlpool: 0x0b,
  SHA512224: 0x0c,
  SHA512256: 0x0d,
  SHA3224: 0x0e,
  SHA3256: 0x0f,
  SHA3384: 0x10,
  SHA3512: 0x11,
} as const;

/**
 * The bit of the Cryptographic Usage Mask (§11.12) that allows everything: as on both keys of a new pair of the server's
 * own client.
 */
export const UNRESTRICTED_USAGE = 0x20_0000;

/** Sign, Verify, Content Commitment, Certificate Sign, CRL Sign. */
export const SIGNING_USAGES = 0x1 + 0x2 + 0x400 + 0x1000 + 0x2000;

/** Encrypt, Decrypt, Wrap Key, Unwrap Key, Derive Key, Key Agreement. */
export const ENCRYPTING_USAGES = 0x4 + 0x8 + 0x10 + 0x20 + 0x200 + 0x800;

/** Bits of the Cryptographic Usage Mask (§11.12) that a new symmetric key of ours is given. */
export const SYMMETRIC_KEY_USAGE_MASK = 4 + 8 + 16 + 32 + 2048;

/** The tag with which the server marks each type of object (storage format §1.6). */
export const SYSTEM_TAGS = {
  SymmetricKey: '_kk',
  PrivateKey: '_sk',
  PublicKey: '_pk',
  Certificate: '_cert',
  SecretData: '_sd',
  OpaqueObject: '_oo',
} as const satisfies Partial<Record<ObjectType, string>>;
