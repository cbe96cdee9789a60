// Names and numbers of the enumerations that only an attribute inside binary TTLV needs (KMIP 2.1 §11);
// those that rotation reads are vocabulary.ts's. A name that is not here is refused, never guessed.

export const KEY_ROLE_TYPES = {
  BDK: 1,
  CVK: 2,
  DEK: 3,
  MKAC: 4,
  MKSMC: 5,
  MKSMI: 6,
  MKDAC: 7,
  MKDN: 8,
  MKCP: 9,
  MKOTH: 0x0a,
  KEK: 0x0b,
} as const;

export const DIGITAL_SIGNATURE_ALGORITHMS = {
  MD2WithRSAEncryption: 1,
  MD5WithRSAEncryption: 2,
  SHA1WithRSAEncryption: 3,
  SHA224WithRSAEncryption: 4,
  SHA256WithRSAEncryption: 5,
  SHA384WithRSAEncryption: 6,
  SHA512WithRSAEncryption: 7,
  RSASSAPSS: 8,
  DSAWithSHA1: 9,
  DSAWithSHA224: 0x0a,
  DSAWithSHA256: 0x0b,
  ECDSAWithSHA1: 0x0c,
  ECDSAWithSHA224: 0x0d,
  ECDSAWithSHA256: 0x0e,
  ECDSAWithSHA384: 0x0f,
  ECDSAWithSHA512: 0x10,
} as const;

export const CERTIFICATE_TYPES = { X509: 1, PGP: 2 } as const;
export const NAME_TYPES = { UninterpretedTextString: 1, URI: 2 } as const;
export const ALTERNATIVE_NAME_TYPES = {
  UninterpretedTextString: 1,
  URI: 2,
  ObjectSerialNumber: 3,
  EmailAddress: 4,
  DNSName: 5,
  X500DirectoryName: 6,
  IPAddress: 7,
} as const;
export const OBJECT_GROUP_MEMBERS = { Group_Member_Fresh: 1, Group_Member_Default: 2 } as const;
export const PROTECTION_LEVELS = { High: 1, Low: 2 } as const;
export const USAGE_LIMITS_UNITS = { Byte: 1, Object: 2 } as const;
export const REVOCATION_REASON_CODES = {
  Unspecified: 1,
  KeyCompromise: 2,
  CACompromise: 3,
  AffiliationChanged: 4,
  Superseded: 5,
  CessationOfOperation: 6,
  PrivilegeWithdrawn: 7,
} as const;
