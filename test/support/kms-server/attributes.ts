// An object's attributes as GetAttributes tells them: those of the column, and some that the store does not hold
// (golden/hsm-exchanges.json).
import { vendorAttributes, without } from './replacement.js';
import type { Attributes, CachedRow } from './rows.js';
import * as ttlv from './ttlv.js';
import type { Element } from './ttlv.js';

const NOT_STORED: Attributes = {
  Extractable: true,
  LeaseTime: 3600,
  NeverExtractable: false,
  RandomNumberGenerator: {
    RNGAlgorithm: 'ANSI_X931',
    CryptographicAlgorithm: 'AES',
    CryptographicLength: 256,
  },
  Sensitive: false,
  ShortUniqueIdentifier: '',
};

const LONG = ['RotateInterval', 'RotateOffset'];
const TEXT = ['UniqueIdentifier', 'RotateName', 'LinkedObjectIdentifier', 'ShortUniqueIdentifier'];
const OTHER_TEXT = ['ObjectGroup', 'Comment', 'Description', 'ContactInformation', 'NameValue'];

export function attributeElements(row: CachedRow): readonly Element[] {
  const stored = without(row.attributes, 'Attribute');
  const symmetric = stored['ObjectType'] === 'SymmetricKey';
  const told = {
    ...NOT_STORED,
    ...stored,
    ...(symmetric ? { KeyFormatType: 'Raw' } : {}),
    UniqueIdentifier: row.uid,
  };
  const named = Object.entries(told).sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    ...named.flatMap(([name, value]) => elementsFor(name, value)),
    ...vendorAttributes(row.attributes)
      .filter(({ AttributeName }) => AttributeName !== 'tag')
      .map(({ VendorIdentification, AttributeName, AttributeValue }) =>
        ttlv.structure(
          'Attribute',
          ttlv.textString('VendorIdentification', VendorIdentification),
          ttlv.textString('AttributeName', AttributeName),
          { tag: 'AttributeValue', type: AttributeValue._t, value: AttributeValue._c },
        ),
      ),
  ];
}

/** A list of structures is as many elements of one name, links in order of their types. */
function elementsFor(name: string, value: unknown): readonly Element[] {
  if (name !== 'Link' && name !== 'Name') return [elementFor(name, value)];
  const entries = (value ?? []) as readonly Attributes[];
  return [...entries]
    .sort((one, other) => (String(one['LinkType']) < String(other['LinkType']) ? -1 : 1))
    .map((entry) => elementFor(name, entry));
}

function elementFor(name: string, value: unknown): Element {
  if (typeof value === 'boolean') return ttlv.boolean(name, value);
  if (typeof value === 'number') {
    if (name === 'LeaseTime') return ttlv.interval(name, value);
    return LONG.includes(name) ? ttlv.longInteger(name, value) : ttlv.integer(name, value);
  }
  if (typeof value === 'string') {
    const text = TEXT.includes(name) || OTHER_TEXT.includes(name) || name.startsWith('Certificate');
    return text ? ttlv.textString(name, value) : ttlv.enumeration(name, value);
  }
  if (Array.isArray(value)) {
    const numbers = value as readonly number[];
    return name === 'DigestValue' ? ttlv.byteString(name, numbers) : ttlv.dateTime(name, numbers);
  }
  const members = Object.entries((value ?? {}) as Attributes);
  return ttlv.structure(name, ...members.map(([member, inner]) => elementFor(member, inner)));
}
