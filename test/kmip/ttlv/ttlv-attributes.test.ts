// The Attributes structure of binary TTLV against the server's own rendering of every field
// (full-attributes), and the refusal of what the server cannot encode (storage format §5.5).
import assert from 'node:assert/strict';
import type { JsonObject, JsonValue } from '../../../src/kmip/json.js';
import { attributesItem } from '../../../src/kmip/ttlv/ttlv-attributes.js';
import { encodeItem } from '../../../src/kmip/ttlv/ttlv-items.js';
import { describeGolden, exampleText } from '../../support/golden.js';

/** Of the attributes in the example: what the server cannot encode, and what we do not know the codes of. */
const REFUSED = [
  ...['AttributeIndex', 'Critical', 'KeyValueLocation', 'NistKeyType', 'OpaqueDataType'],
  ...['Pkcs12FriendlyName', 'RandomNumberGenerator'],
];

/** Members of CryptographicParameters that are refused. */
const REFUSED_PARAMETERS = [
  ...['CounterLength', 'FixedFieldLength', 'InitialCounterValue', 'InvocationFieldLength'],
  ...['IvLength', 'MaskGenerator', 'MaskGeneratorHashingAlgorithm', 'PSource', 'RandomIv'],
  ...['SaltLength', 'TagLength', 'TrailerField'],
];

const encode = (attributes: JsonObject) => encodeItem(attributesItem(attributes)).toString('hex');
const vendor = (type: string, value: JsonValue): JsonObject => ({
  Attribute: [
    { VendorIdentification: 'x', AttributeName: 'a', AttributeValue: { _t: type, _c: value } },
  ],
});

describe('ttlv attributes', () => {
  it('encodes each attribute with the tag and type of storage format §5.5', () => {
    const table: [JsonObject, item: string][] = [
      [{ ActivationDate: [1970, 1, 0, 0, 1, 0, 0, 0, 0] }, '42000109000000080000000000000001'],
      [{ AlwaysSensitive: true }, '42012106000000080000000000000001'],
      [{ CryptographicUsageMask: 2108 }, '42002c02000000040000083c00000000'],
      [{ LeaseTime: 3600 }, '4200490a0000000400000e1000000000'],
      [{ RotateInterval: 86400 }, '42016a03000000080000000000015180'],
      [{ State: 'Active' }, '42008d05000000040000000200000000'],
      [{ State: 2 }, '42008d05000000040000000200000000'],
      [{ UniqueIdentifier: 'clé' }, '420094070000000463 6cc3a900000000'.replace(' ', '')],
    ];
    for (const [attributes, item] of table) {
      const length = (item.length / 2).toString(16).padStart(8, '0');
      assert.equal(encode(attributes), `42012501${length}${item}`);
    }
  });

  it('does not mind the order of the members, and leaves out null', () => {
    const sorted = encode({ Fresh: true, State: 'Active', Attribute: [] });
    assert.equal(encode({ Attribute: [], State: 'Active', Comment: null, Fresh: true }), sorted);
  });

  it('writes an Interval of a vendor as an Integer, as the server does', () => {
    assert.equal(encode(vendor('Interval', 7)), encode(vendor('Integer', 7)));
  });

  const refused: [title: string, attributes: JsonObject, message: RegExp][] = [
    ['an attribute that it does not know', { Colour: 'red' }, /attributes\.Colour/],
    [
      'a name that it does not know the number of',
      { CryptographicAlgorithm: 'Rot13' },
      /attributes\.CryptographicAlgorithm/,
    ],
    [
      'a number that no name has',
      { CryptographicDomainParameters: { RecommendedCurve: 9999 } },
      /CryptographicDomainParameters\.RecommendedCurve/,
    ],
    ['a vendor’s extended date', vendor('DateTimeExtended', 7), /AttributeValue of type Date/],
    [
      'a strange member inside one',
      { Digest: { HashingAlgorithm: 'SHA256', DigestValue: [1], Salt: [2] } },
      /attributes\.Digest\.Salt/,
    ],
  ];
  for (const [title, attributes, message] of refused) {
    it(`refuses ${title}, by name`, () => {
      assert.throws(() => encode(attributes), { reason: 'Unsupported', message });
    });
  }

  const malformed: [attributes: JsonObject, path: string][] = [
    [{ CryptographicLength: 2 ** 31 }, 'attributes.CryptographicLength'],
    [{ CryptographicLength: '256' }, 'attributes.CryptographicLength'],
    [{ LeaseTime: -1 }, 'attributes.LeaseTime'],
    [{ RotateInterval: 2n ** 63n }, 'attributes.RotateInterval'],
    [{ Fresh: 1 }, 'attributes.Fresh'],
    [{ InitialDate: '2026-08-01' }, 'attributes.InitialDate'],
    [{ State: true }, 'attributes.State'],
    [{ Name: 'n' }, 'attributes.Name'],
    [{ Digest: { DigestValue: '00' } }, 'attributes.Digest.DigestValue'],
    [vendor('Integer', '7'), 'attributes.Attribute.AttributeValue._c'],
  ];
  for (const [attributes, path] of malformed) {
    it(`refuses ${path} that is not what KMIP says (${JSON.stringify(attributes, bigText)})`, () => {
      assert.throws(() => encode(attributes), { name: 'MalformedMember', path });
    });
  }

  describeGolden('on the example of every field', () => {
    const all = JSON.parse(exampleText('full-attributes.json')) as JsonObject;
    const parameters = all['CryptographicParameters'] as JsonObject;

    it('writes the items of the server, in its order', () => {
      const encodable = without(all, REFUSED);
      const attributes = {
        ...encodable,
        CryptographicParameters: without(parameters, REFUSED_PARAMETERS),
      };
      const bytes = encodeItem(attributesItem(attributes));
      const theirs = JSON.parse(exampleText('full-attributes.ttlv.txt')) as Rendered;
      const expected = levelled(theirs);
      const [ours] = shapes(bytes);
      assert.deepEqual(ours, expected);
    });

    for (const [path, attributes] of [
      ...REFUSED.map((name) => [name, { [name]: all[name] }] as const),
      ...REFUSED_PARAMETERS.map((name) => {
        const CryptographicParameters = { [name]: parameters[name] };
        return [`CryptographicParameters.${name}`, { CryptographicParameters }] as const;
      }),
    ]) {
      it(`refuses ${path}, by name`, () => {
        const message = new RegExp(`attributes.${path} `);
        assert.throws(() => encode(attributes), { reason: 'Unsupported', message });
      });
    }
  });
});

interface Rendered {
  readonly tag: string;
  readonly type?: string;
  readonly value: readonly Rendered[] | string | number | boolean;
}

/** A structure as its items, any other item as its type and its value in hex; an enumeration by type alone. */
type Shape = readonly Shape[] | string;

/** The server's rendering as shapes, without the items that we refuse. */
function levelled({ tag, type = '', value }: Rendered): Shape {
  if (typeof value === 'object') {
    const refused = tag === 'CryptographicParameters' ? REFUSED_PARAMETERS : REFUSED;
    return value.filter((item) => !refused.includes(item.tag)).map((item) => levelled(item));
  }
  return `${type} ${type === 'Enumeration' ? '' : hexOf(type, String(value))}`;
}

function hexOf(type: string, value: string): string {
  const number = (bits: number, read: bigint) =>
    BigInt.asUintN(bits, read)
      .toString(16)
      .padStart(bits / 4, '0');
  switch (type) {
    case 'DateTime':
      return number(64, BigInt(Date.parse(value) / 1000));
    case 'Boolean':
      return number(64, value === 'true' ? 1n : 0n);
    case 'Integer':
    case 'Interval':
      return number(32, BigInt(value));
    case 'TextString':
      return Buffer.from(value).toString('hex');
    default:
      return value.replace('0x', '').toLowerCase();
  }
}

const TYPE_NAMES = [
  ...['', 'Structure', 'Integer', 'LongInteger', 'BigInteger', 'Enumeration', 'Boolean'],
  ...['TextString', 'ByteString', 'DateTime', 'Interval'],
];

/** A reader of its own, so that a mistake of ours is not read as it was written. */
function shapes(bytes: Buffer): readonly Shape[] {
  const found: Shape[] = [];
  for (let at = 0; at < bytes.length;) {
    const type = TYPE_NAMES[bytes[at + 3]!]!;
    const length = bytes.readUInt32BE(at + 4);
    const value = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'Structure') found.push(shapes(value));
    else found.push(`${type} ${type === 'Enumeration' ? '' : value.toString('hex')}`);
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return found;
}

function without(members: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

function bigText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}
