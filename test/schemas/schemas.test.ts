// The published schemas: each one compiles, knows every reason, and says no to what is not its document.
import assert from 'node:assert/strict';
import { REASONS } from '../../src/errors.js';
import { readSchema, schemaErrors, schemaNames } from '../support/schema.js';

const NAMES = [
  ...['due-list', 'error', 'event', 'grants', 'init', 'key', 'key-list', 'lineage', 'notify-list'],
  ...['notify-retry', 'notify-test', 'remove', 'rotate', 'tree', 'warnings'],
];

/** Every `enum` that stands under a member `reason`, however deep. */
function reasonLists(schema: unknown): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([member, value]: [string, unknown]) =>
    member === 'reason' ? [(value as { enum: unknown }).enum] : reasonLists(value),
  );
}

describe('the JSON schemas', () => {
  it('are one for each kind of document', () => {
    assert.deepEqual([...schemaNames()].sort(), NAMES);
  });

  for (const name of NAMES) {
    it(`${name}: is named as the documents name it, and takes no other document`, () => {
      const { $id, properties } = readSchema(name) as {
        $id: string;
        properties: { schema: { const: string } };
      };
      assert.equal($id, `kms.${name}/v1`);
      assert.equal(properties.schema.const, $id);
      assert.notDeepEqual(schemaErrors(name, { schema: 'kms.other/v1' }), []);
      assert.notDeepEqual(schemaErrors(name, { schema: $id }), []);
    });
  }

  for (const name of NAMES.filter(
    (candidate) => !/^(grants|init|remove|tree|notify-.*)$/.test(candidate),
  )) {
    it(`${name}: lists just the reasons that there are`, () => {
      const lists = reasonLists(readSchema(name));
      assert.ok(lists.length > 0);
      for (const list of lists) assert.deepEqual(list, Object.keys(REASONS));
    });
  }
});
