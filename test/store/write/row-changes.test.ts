// What the log says of a written row: its digest, and the names of what changed.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { decodeRow, withAttributes, type ObjectRow } from '../../../src/kmip/managed-object.js';
import { withMembers } from '../../../src/kmip/members.js';
import { changedNames, rowDigest } from '../../../src/store/write/row-changes.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';

const ROW: ObjectRow = {
  id: 'k"1',
  object: '{"SymmetricKey": {"KeyBlock":{"KeyValue":{"KeyMaterial":{"Key":[1,2]}}}}}',
  attributes: '{"State":"Active", "RotateInterval":10,"Link":[{"a":1}]}',
  state: 'Active',
  owner: 'admin',
  wrappingKeyId: null,
};

describe('row-changes', () => {
  it('digests all columns as one JSON array, the texts of JSON as they stand', () => {
    const text = `["k\\"1",${ROW.object},${ROW.attributes},"Active","admin",null]`;
    assert.equal(rowDigest(ROW), createHash('sha256').update(text).digest('hex'));
    const columns: readonly (keyof ObjectRow)[] = [
      ...(['id', 'object', 'attributes', 'state', 'owner', 'wrappingKeyId'] as const),
    ];
    for (const column of columns) {
      assert.notEqual(rowDigest({ ...ROW, [column]: 'other' }), rowDigest(ROW), column);
    }
  });

  const cases: readonly (readonly [what: string, after: Partial<ObjectRow>, names: string[]])[] = [
    ['nothing', {}, []],
    [
      'white space alone',
      { attributes: '{"State":"Active","RotateInterval":10,"Link":[{"a":1}]}' },
      [],
    ],
    [
      'columns',
      { state: null, owner: 'b', wrappingKeyId: 'w' },
      ['Owner', 'State', 'Wrapping Key'],
    ],
    [
      'attributes that differ, come and go',
      { attributes: '{"RotateInterval":20,"Link":[{"a":2}],"UsageLimits":{}}' },
      ['Link', 'Rotate Interval', 'State', 'Usage Limits'],
    ],
    ['key material', { object: ROW.object.replace('[1,2]', '[1,3]') }, ['Key Material']],
    [
      'a key that is wrapped',
      { object: '{"SymmetricKey":{"KeyBlock":{"KeyValue":[7],"KeyWrappingData":{}}}}' },
      ['Key Material', 'Key Wrapping Data'],
    ],
    [
      'something else in the object',
      {
        object: ROW.object
          .replace('"Key":', '"Key":')
          .replace('{"KeyBlock"', '{"Other":1,"KeyBlock"'),
      },
      ['Object'],
    ],
    ['attributes that are no JSON', { attributes: '{' }, ['Attributes']],
  ];
  for (const [what, after, names] of cases) {
    it(`names what changed: ${what}`, () => {
      assert.deepEqual(changedNames(ROW, { ...ROW, ...after }), names);
    });
  }

  it('names the same from what is remembered of a row as from its texts', () => {
    const object = decodeRow(aSymmetricKey());
    const members = withMembers(object.attributes.members, {
      State: 'Deactivated',
      RotateInterval: 0,
      ActivationDate: structuredClone(object.attributes.members['ActivationDate']),
      Comment: 'new',
    });
    const changes = { state: 'Deactivated', attributes: members, embedded: null } as const;
    const after = withAttributes(object, { ...changes, wrappingKeyId: 'other' });
    const expected = ['Comment', 'Rotate Interval', 'State', 'Wrapping Key'];
    assert.deepEqual(changedNames(object.row, after), expected);
    assert.deepEqual(changedNames({ ...object.row }, after), expected);
  });
});
