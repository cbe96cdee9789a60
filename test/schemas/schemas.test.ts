// The published schemas: each one compiles, knows every reason, and says no to what is not its document.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { REASONS } from '../../src/errors.js';
import { readSchema, schemaErrors, schemaNames } from '../support/schema.js';

const NAMES = schemaNames();

/** Every `enum` that stands under a member `reason`, however deep. */
function reasonLists(schema: unknown): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([member, value]: [string, unknown]) => {
    const isList = member === 'reason' && typeof value === 'object' && value !== null;
    return isList && 'enum' in value ? [value.enum] : reasonLists(value);
  });
}

/** The program's own text, file by file. */
function sources(): readonly string[] {
  const root = new URL('../../src/', import.meta.url);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(new URL(path, root), 'utf8'));
}

describe('the JSON schemas', () => {
  it('are one for each kind of document that the program names, and none besides', () => {
    const named = sources().flatMap((text) => [...text.matchAll(/'kms\.([a-z-]+)\/v1'/g)]);
    assert.deepEqual([...new Set(named.map(([, name]) => name))].sort(), [...NAMES].sort());
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

  for (const name of NAMES.filter((candidate) => reasonLists(readSchema(candidate)).length > 0)) {
    it(`${name}: lists just the reasons that there are`, () => {
      for (const list of reasonLists(readSchema(name)))
        assert.deepEqual(list, Object.keys(REASONS));
    });
  }
});
