// Attributes as typed values: what is read of each member, that nothing is asked for, and how links are
// found and replaced. Wrong types are told of in managed-object.test.ts, with the row that has them.
import assert from 'node:assert/strict';
import { decodeAttributes, linkTo, withLink } from '../../src/kmip/attributes.js';
import { parseJson, type JsonObject } from '../../src/kmip/json.js';

const DATE = [2026, 218, 7, 6, 40, 0, 0, 0, 0];
const SECONDS = 1_786_000_000;

const FULL: JsonObject = {
  ActivationDate: DATE,
  CryptographicAlgorithm: 'AES',
  CryptographicLength: 256,
  CryptographicUsageMask: 2108,
  DeactivationDate: DATE,
  InitialDate: DATE,
  KeyFormatType: 'TransparentSymmetricKey',
  Link: [{ LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'old' }],
  Name: [
    { NameValue: 'n', NameType: 'UninterpretedTextString' },
    { NameValue: 'urn:x', NameType: 'URI' },
  ],
  ObjectType: 'SymmetricKey',
  ProcessStartDate: DATE,
  ProtectStopDate: DATE,
  RotateAutomatic: true,
  RotateDate: DATE,
  RotateGeneration: 1,
  RotateInterval: 86_400,
  RotateLatest: true,
  RotateName: 'ks',
  RotateOffset: 60,
  State: 'Active',
  UniqueIdentifier: 'u',
  UsageLimits: { UsageLimitsUnit: 'Byte', UsageLimitsTotal: 5 },
  Attribute: [
    {
      VendorIdentification: 'cosmian',
      AttributeName: 'tag',
      AttributeValue: { _t: 'TextString', _c: '["_kk"]' },
    },
  ],
};

describe('attributes', () => {
  it('reads each member that rotation looks at, and keeps all', () => {
    const { members, vendorAttributes, ...read } = decodeAttributes(FULL, 'attributes');
    assert.equal(members, FULL);
    assert.equal(vendorAttributes, FULL['Attribute']);
    assert.deepEqual(read, {
      uniqueIdentifier: 'u',
      objectType: 'SymmetricKey',
      cryptographicAlgorithm: 'AES',
      cryptographicLength: 256,
      cryptographicUsageMask: 2108,
      keyFormatType: 'TransparentSymmetricKey',
      state: 'Active',
      initialDate: SECONDS,
      activationDate: SECONDS,
      deactivationDate: SECONDS,
      processStartDate: SECONDS,
      protectStopDate: SECONDS,
      names: ['n', 'urn:x'],
      links: [{ linkType: 'ReplacedObjectLink', linkedObjectIdentifier: 'old' }],
      usageLimits: { UsageLimitsUnit: 'Byte', UsageLimitsTotal: 5 },
      rotateInterval: 86_400,
      rotateOffset: 60,
      rotateAutomatic: true,
      rotateDate: SECONDS,
      rotateName: 'ks',
      rotateGeneration: 1,
      tags: ['_kk'],
    });
  });

  it('asks for nothing: {} is legal, as on a destroyed wrapped key (storage format §2.6)', () => {
    for (const [name, value] of Object.entries(decodeAttributes({}, 'attributes'))) {
      const nothing = ['names', 'links', 'vendorAttributes', 'tags'].includes(name);
      assert.deepEqual(value, name === 'members' ? {} : nothing ? [] : null, name);
    }
  });

  it('reads null as absent (storage format §3.1)', () => {
    const nulls = Object.fromEntries(Object.keys(FULL).map((name) => [name, null]));
    const read = decodeAttributes(nulls, 'attributes');
    assert.deepEqual({ ...read, members: {} }, decodeAttributes({}, 'attributes'));
  });

  it('reads enumerations by number too (storage format §2.6)', () => {
    const read = decodeAttributes(
      {
        CryptographicAlgorithm: 3,
        KeyFormatType: 7,
        ObjectType: 2,
        State: 6,
        Link: [{ LinkType: 0x106, LinkedObjectIdentifier: 'new' }],
      },
      'attributes',
    );
    assert.equal(read.cryptographicAlgorithm, 'AES');
    assert.equal(read.keyFormatType, 'TransparentSymmetricKey');
    assert.equal(read.objectType, 'SymmetricKey');
    assert.equal(read.state, 'Destroyed_Compromised');
    assert.equal(linkTo(read, 'ReplacementObjectLink'), 'new');
  });

  it('takes algorithms and formats that we do not know as they are', () => {
    const read = decodeAttributes(
      { CryptographicAlgorithm: 'MLKEM_768', KeyFormatType: 'CoverCryptSecretKey' },
      'attributes',
    );
    assert.equal(read.cryptographicAlgorithm, 'MLKEM_768');
    assert.equal(read.keyFormatType, 'CoverCryptSecretKey');
  });

  it('lets members that it does not know be what they are', () => {
    const text = '{"Future":86400.0,"LeaseTime":18446744073709551615,"Digest":[]}';
    assert.doesNotThrow(() => decodeAttributes(parseJson(text).value, 'attributes'));
  });

  it('names the member that is wrong, down to the link of a list', () => {
    const links = [
      { LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'old' },
      { LinkType: 'ReplacedObjectLink' },
    ];
    assert.throws(() => decodeAttributes({ Link: links }, 'attributes'), {
      name: 'MalformedMember',
      path: 'attributes.Link[1].LinkedObjectIdentifier',
    });
    assert.throws(() => decodeAttributes([], 'attributes'), { path: 'attributes' });
  });

  describe('links', () => {
    const twice = {
      Link: [
        { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'first' },
        { LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'old' },
        { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'second' },
      ],
    };

    it('of several of one type the last counts, none is null', () => {
      const attributes = decodeAttributes(twice, 'attributes');
      assert.equal(linkTo(attributes, 'ReplacementObjectLink'), 'second');
      assert.equal(linkTo(attributes, 'ReplacedObjectLink'), 'old');
      assert.equal(linkTo(attributes, 'WrappingKeyLink'), null);
    });

    it('a new link takes the place of all of its type, and stands last as the server has it', () => {
      const members = withLink({ ...twice, State: 'Active' }, 'ReplacementObjectLink', 'third');
      assert.deepEqual(members, {
        Link: [
          { LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: 'old' },
          { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'third' },
        ],
        State: 'Active',
      });
    });

    it('a new link replaces one whose type is written as a number', () => {
      const members = withLink(
        { Link: [{ LinkType: 0x106, LinkedObjectIdentifier: 'first' }] },
        'ReplacementObjectLink',
        'second',
      );
      assert.deepEqual(members['Link'], [
        { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'second' },
      ]);
    });

    it('the first link goes where the server would put the list', () => {
      const members = withLink({ InitialDate: DATE, State: 'Active' }, 'WrappingKeyLink', 'kek');
      assert.deepEqual(Object.keys(members), ['InitialDate', 'Link', 'State']);
    });
  });
});
