// The tag and form of each attribute in binary TTLV, in the order of the encoding (storage format §5.5). Attributes
// that are not in this table the server cannot encode, or we do not know how.
import * as enumerations from './ttlv-enumerations.js';
import {
  BLOCK_CIPHER_MODES,
  CRYPTOGRAPHIC_ALGORITHMS,
  HASHING_ALGORITHMS,
  KEY_FORMAT_TYPES,
  LINK_TYPES,
  OBJECT_TYPES,
  PADDING_METHODS,
  RECOMMENDED_CURVES,
  STATES,
} from '../vocabulary.js';

/** How a member is encoded: a type, the numbers of an enumeration, or the fields of a structure. */
export type Form =
  | 'integer'
  | 'long-integer'
  | 'interval'
  | 'boolean'
  | 'text'
  | 'bytes'
  | 'date-time'
  /** A vendor's value, which says its own type. */
  | 'any'
  | { readonly names: Readonly<Record<string, number>> }
  | { readonly fields: readonly Field[] }
  | { readonly listOf: readonly Field[] };
export type Field = readonly [member: string, tag: number, form: Form];

const ALGORITHM: Field = ['CryptographicAlgorithm', 0x420028, { names: CRYPTOGRAPHIC_ALGORITHMS }];
const HASHING: Field = ['HashingAlgorithm', 0x420038, { names: HASHING_ALGORITHMS }];
const KEY_FORMAT: Field = ['KeyFormatType', 0x420042, { names: KEY_FORMAT_TYPES }];
const SIGNATURE: Field = [
  'DigitalSignatureAlgorithm',
  0x4200ae,
  { names: enumerations.DIGITAL_SIGNATURE_ALGORITHMS },
];

/** Twenty-four texts whose tags follow each other (§3.7). */
const CERTIFICATE_FIELDS: readonly Field[] = ['Subject', 'Issuer']
  .flatMap((party) =>
    'Cn O Ou Email C St L Uid SerialNumber Title Dc DnQualifier'
      .split(' ')
      .map((part) => `Certificate${party}${part}`),
  )
  .map((member, index) => [member, 0x420108 + index, 'text']);

const VENDOR_FIELDS: readonly Field[] = [
  ['VendorIdentification', 0x42009d, 'text'],
  ['AttributeName', 0x42000a, 'text'],
  ['AttributeValue', 0x42000b, 'any'],
];

/** In the server's order: nearly, but not quite, that of the names. */
export const ATTRIBUTE_FIELDS: readonly Field[] = [
  ['ActivationDate', 0x420001, 'date-time'],
  [
    'AlternativeName',
    0x4200bf,
    {
      fields: [
        ['AlternativeNameType', 0x4200c1, { names: enumerations.ALTERNATIVE_NAME_TYPES }],
        ['AlternativeNameValue', 0x4200c0, 'text'],
      ],
    },
  ],
  ['AlwaysSensitive', 0x420121, 'boolean'],
  [
    'ApplicationSpecificInformation',
    0x420004,
    {
      fields: [
        ['ApplicationNamespace', 0x420003, 'text'],
        ['ApplicationData', 0x420002, 'text'],
      ],
    },
  ],
  ['ArchiveDate', 0x420005, 'date-time'],
  ['CertificateAttributes', 0x540001, { fields: CERTIFICATE_FIELDS }],
  ['CertificateType', 0x42001d, { names: enumerations.CERTIFICATE_TYPES }],
  ['CertificateLength', 0x4200ad, 'integer'],
  ['Comment', 0x4200fd, 'text'],
  ['CompromiseDate', 0x420020, 'date-time'],
  ['CompromiseOccurrenceDate', 0x420021, 'date-time'],
  ['ContactInformation', 0x420022, 'text'],
  ALGORITHM,
  [
    'CryptographicDomainParameters',
    0x420029,
    {
      fields: [
        ['Qlength', 0x420073, 'integer'],
        ['RecommendedCurve', 0x420075, { names: RECOMMENDED_CURVES }],
      ],
    },
  ],
  ['CryptographicLength', 0x42002a, 'integer'],
  [
    'CryptographicParameters',
    0x42002b,
    {
      // Of its other members the server cannot encode all (RandomIv, IvLength …): none is risked.
      fields: [
        ['BlockCipherMode', 0x420011, { names: BLOCK_CIPHER_MODES }],
        ['PaddingMethod', 0x42005f, { names: PADDING_METHODS }],
        HASHING,
        ['KeyRoleType', 0x420083, { names: enumerations.KEY_ROLE_TYPES }],
        SIGNATURE,
        ALGORITHM,
      ],
    },
  ],
  ['CryptographicUsageMask', 0x42002c, 'integer'],
  ['DeactivationDate', 0x42002f, 'date-time'],
  ['Description', 0x4200fc, 'text'],
  ['DestroyDate', 0x420033, 'date-time'],
  ['Digest', 0x420034, { fields: [HASHING, ['DigestValue', 0x420035, 'bytes'], KEY_FORMAT] }],
  SIGNATURE,
  ['Extractable', 0x420122, 'boolean'],
  ['Fresh', 0x4200a8, 'boolean'],
  ['InitialDate', 0x420039, 'date-time'],
  KEY_FORMAT,
  ['KeyValuePresent', 0x4200bb, 'boolean'],
  ['LastChangeDate', 0x420048, 'date-time'],
  ['LeaseTime', 0x420049, 'interval'],
  [
    'Link',
    0x42004a,
    {
      listOf: [
        ['LinkType', 0x42004b, { names: LINK_TYPES }],
        ['LinkedObjectIdentifier', 0x42004c, 'text'],
      ],
    },
  ],
  [
    'Name',
    0x420053,
    {
      listOf: [
        ['NameValue', 0x420055, 'text'],
        ['NameType', 0x420054, { names: enumerations.NAME_TYPES }],
      ],
    },
  ],
  ['NeverExtractable', 0x420123, 'boolean'],
  ['ObjectGroup', 0x420056, 'text'],
  ['ObjectGroupMember', 0x4200ac, { names: enumerations.OBJECT_GROUP_MEMBERS }],
  ['ObjectType', 0x420057, { names: OBJECT_TYPES }],
  ['OriginalCreationDate', 0x4200bc, 'date-time'],
  ['ProcessStartDate', 0x420067, 'date-time'],
  ['ProtectStopDate', 0x420068, 'date-time'],
  ['ProtectionLevel', 0x420145, { names: enumerations.PROTECTION_LEVELS }],
  ['ProtectionPeriod', 0x420146, 'long-integer'],
  ['ProtectionStorageMasks', 0x42015f, 'integer'],
  ['QuantumSafe', 0x420147, 'boolean'],
  [
    'RevocationReason',
    0x420081,
    {
      fields: [
        ['RevocationReasonCode', 0x420082, { names: enumerations.REVOCATION_REASON_CODES }],
        ['RevocationMessage', 0x420080, 'text'],
      ],
    },
  ],
  ['RotateAutomatic', 0x42016b, 'boolean'],
  ['RotateDate', 0x42016d, 'date-time'],
  ['RotateGeneration', 0x42016e, 'integer'],
  ['RotateInterval', 0x42016a, 'long-integer'],
  ['RotateLatest', 0x420172, 'boolean'],
  ['RotateName', 0x42016f, 'text'],
  ['RotateOffset', 0x42016c, 'long-integer'],
  ['Sensitive', 0x420120, 'boolean'],
  ['ShortUniqueIdentifier', 0x420136, 'text'],
  ['State', 0x42008d, { names: STATES }],
  ['UniqueIdentifier', 0x420094, 'text'],
  [
    'UsageLimits',
    0x420095,
    {
      fields: [
        ['UsageLimitsUnit', 0x420098, { names: enumerations.USAGE_LIMITS_UNITS }],
        ['UsageLimitsCount', 0x420096, 'long-integer'],
        ['UsageLimitsTotal', 0x420097, 'long-integer'],
      ],
    },
  ],
  ['Attribute', 0x420008, { listOf: VENDOR_FIELDS }],
  [
    'X509CertificateIdentifier',
    0x4200b5,
    {
      fields: [
        ['IssuerDistinguishedName', 0x4200b2, 'bytes'],
        ['CertificateSerialNumber', 0x4200af, 'bytes'],
      ],
    },
  ],
  ['X509CertificateIssuer', 0x4200b6, 'text'],
  ['X509CertificateSubject', 0x4200b7, 'text'],
];
