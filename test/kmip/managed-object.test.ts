// Rows as typed values and back. Every row of the golden stores decodes; a row with a member of the
// wrong type is refused by an error that names row and member, and never the value it found.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import {
  decodeAttributesColumn,
  decodeRow,
  withRowUid,
  withAttributes,
  type ObjectRow,
} from '../../src/kmip/managed-object.js';
import { describeGolden, goldenRows, GOLDEN_SQLITE } from '../support/golden.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

const MARKER = 'c0ffee-marker';
const UID = 'row "7"';

function refused(row: ObjectRow, member: string): true {
  assert.throws(
    () => decodeRow(row),
    (error) => {
      assert.ok(error instanceof KmsError);
      assert.equal(error.reason, 'MalformedObject');
      assert.equal(error.uid, row.id);
      assert.ok(error.message.includes(JSON.stringify(row.id)), error.message);
      assert.ok(error.message.includes(member), error.message);
      const told = `${error.message} ${error.hint ?? ''} ${JSON.stringify(error)} ${String(error.cause)}`;
      assert.ok(!told.includes(MARKER), told);
      return true;
    },
  );
  return true;
}

/** A row of any type around this content, with attributes that say so. */
function aRow(type: string, content: unknown, changes: Partial<ObjectRow> = {}): ObjectRow {
  return {
    id: UID,
    object: JSON.stringify({ [type]: content }),
    attributes: JSON.stringify({ ObjectType: type, UniqueIdentifier: UID }),
    state: 'Active',
    owner: 'ops',
    wrappingKeyId: null,
    ...changes,
  };
}

describe('managed object', () => {
  describeGolden('decodeRow on the golden stores', () => {
    for (const store of GOLDEN_SQLITE) {
      it(`reads every row of ${store}.sqlite, and the wrapping key that its column names`, () => {
        const rows = goldenRows(store);
        assert.ok(rows.length > 0);
        for (const row of rows) {
          const object = decodeRow(row);
          assert.equal(object.wrappingKeyUid, row.wrappingKeyId, row.id);
          assert.ok(row.object.startsWith(`{"${object.objectType}":`), row.id);
          assert.equal(object.keyBlock === null, object.objectType === 'Certificate', row.id);
        }
      });
    }

    it('reads destroyed rows, plain and wrapped (storage format §2.6)', () => {
      const read = (uid: string) => decodeRow(goldenRows('store').find(({ id }) => id === uid)!);
      const destroyed = read('destroyed');
      assert.equal(destroyed.state, 'Destroyed');
      assert.equal(destroyed.attributes.state, 'Deactivated');
      assert.deepEqual(destroyed.keyBlock?.keyMaterial, []);
      const wrapped = read('kek-dep-destroyed');
      assert.deepEqual(wrapped.attributes.members, {});
      assert.equal(wrapped.wrappingKeyUid, 'kek');
      assert.equal(wrapped.keyBlock?.keyWrappingData?.hasCiphertext, false);
    });
  });

  describe('object types that are never rotated pass through', () => {
    const raw = { KeyFormatType: 'Raw', KeyValue: { KeyMaterial: [1, 2] } };
    const contents: [type: string, content: unknown, hasKeyBlock: boolean][] = [
      ['Certificate', { CertificateType: 'X509', CertificateValue: [48] }, false],
      ['CertificateRequest', { CertificateRequestType: 'PEM', CertificateRequestValue: [] }, false],
      ['OpaqueObject', { OpaqueDataType: 'Unknown', OpaqueDataValue: [1] }, false],
      ['SecretData', { SecretDataType: 'Seed', KeyBlock: raw }, true],
      ['SplitKey', { SplitKeyParts: 3, KeyPartIdentifier: 1, KeyBlock: raw }, true],
      ['PGPKey', { PGPKeyVersion: 4, KeyBlock: raw }, true],
    ];
    for (const [type, content, hasKeyBlock] of contents) {
      it(type, () => {
        const row = aRow(type, content);
        const object = decodeRow(row);
        assert.equal(object.objectType, type);
        assert.equal(object.keyBlock !== null, hasKeyBlock);
        const { state, attributes } = object;
        assert.deepEqual(
          withAttributes(object, { state, attributes: attributes.members, embedded: null }),
          row,
        );
      });
    }
  });

  describe('a member of the wrong type is refused, in the column and in the object', () => {
    const map = { [MARKER]: MARKER };
    const text = { _t: 'TextString', _c: MARKER };
    const dates =
      'InitialDate ActivationDate DeactivationDate ProcessStartDate ProtectStopDate RotateDate';
    const integers =
      'CryptographicLength CryptographicUsageMask RotateInterval RotateOffset RotateGeneration';
    const wrong: Readonly<Record<string, readonly unknown[]>> = {
      'UniqueIdentifier RotateName': [7, map, [MARKER]],
      [dates]: [MARKER, 1_786_000_000, [MARKER], map, '2026-08-01T09:00:00Z'],
      [integers]: [MARKER, 0.5, map, true],
      'ObjectType State': [MARKER, 99, map],
      'CryptographicAlgorithm KeyFormatType': [99_999, map, [MARKER]],
      RotateAutomatic: [MARKER, 1, map],
      UsageLimits: [MARKER, [MARKER]],
      'Name Link': [MARKER, map, [MARKER], [map], [{ NameValue: map, LinkType: MARKER }]],
      Link: [[{ LinkType: 'NextLink', LinkedObjectIdentifier: map }]],
      Attribute: [MARKER, map, [{ AttributeName: 'tag', AttributeValue: text }]],
    };
    for (const [members, values] of Object.entries(wrong)) {
      for (const member of members.split(' ')) {
        it(member, () => {
          const sound = aSymmetricKey({ uid: UID });
          for (const value of values) {
            const both = aSymmetricKey({ uid: UID }, { [member]: value });
            refused({ ...sound, attributes: both.attributes }, `attributes.${member}`);
            const path = `object.SymmetricKey.KeyBlock.KeyValue.Attributes.${member}`;
            refused({ ...sound, object: both.object }, path);
          }
        });
      }
    }
  });

  it('refuses columns that are no JSON, or not the JSON they should be, without quoting them', () => {
    const sound = aSymmetricKey({ uid: UID });
    for (const bad of [`{"${MARKER}"`, MARKER, '', `["${MARKER}"]`, `"${MARKER}"`, 'null']) {
      refused({ ...sound, attributes: bad }, 'attributes');
      refused({ ...sound, object: bad }, 'object');
    }
    const twice = `{"State":"${MARKER}","State":"Active"}`;
    refused({ ...sound, attributes: twice }, 'attributes');
  });

  it('refuses an object that is not one member named by its type', () => {
    const sound = aSymmetricKey({ uid: UID });
    for (const bad of [{}, { [MARKER]: {} }, { SymmetricKey: {}, [MARKER]: {} }]) {
      refused({ ...sound, object: JSON.stringify(bad) }, 'object');
    }
    refused(aRow('SymmetricKey', MARKER), 'object.SymmetricKey');
    refused(aRow('SymmetricKey', { KeyBlock: MARKER }), 'object.SymmetricKey.KeyBlock');
  });

  it('refuses a state that KMIP does not have, and a row without state or owner', () => {
    const sound = aSymmetricKey({ uid: UID });
    for (const state of [MARKER, 'active', 'toString', '', null]) {
      refused({ ...sound, state }, 'state');
    }
    refused({ ...sound, owner: null }, 'owner');
  });

  it('takes the state from its column, whatever the attributes say (storage format §1.7)', () => {
    const row = aSymmetricKey({}, { State: 'PreActive' }, { state: 'Compromised' });
    assert.equal(decodeRow(row).state, 'Compromised');
  });

  it('withAttributes sets the three copies of the state, keeps the form, touches nothing else', () => {
    const sound = aSymmetricKey({}, { Future: [1, { x: null }] });
    const row = { ...sound, object: JSON.stringify(JSON.parse(sound.object), null, 2) };
    const object = decodeRow(row);
    const state = 'Deactivated';
    const after = withAttributes(object, {
      state,
      attributes: { ...object.attributes.members, State: state },
      embedded: { ...object.keyBlock?.attributes?.members, State: state },
    });
    const changed = (text: string) =>
      text.replace(/"State":( ?)"Active"/, '"State":$1"Deactivated"');
    assert.deepEqual(after, {
      ...row,
      state,
      object: changed(row.object),
      attributes: changed(row.attributes),
    });
    assert.notEqual(after.object, row.object);
  });

  it('decodeAttributesColumn gives the map whatever its members, and names the row otherwise', () => {
    assert.deepEqual(decodeAttributesColumn(UID, '{"State": 7}'), { State: 7 });
    for (const text of ['[]', '{', `"${MARKER}"`]) {
      assert.throws(() => decodeAttributesColumn(UID, text), {
        reason: 'MalformedObject',
        uid: UID,
      });
    }
  });

  it('withRowUid lets every other error through', () => {
    const other = new TypeError('a bug');
    assert.throws(
      () =>
        withRowUid(UID, () => {
          throw other;
        }),
      other,
    );
  });
});
