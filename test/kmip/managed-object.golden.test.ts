// Every row that the server wrote, in every database: decoded and encoded without a change it is the same text,
// pretty-printed, compact, or in the normal form of PostgreSQL and MySQL, which is told apart by blanks alone.
import assert from 'node:assert/strict';
import { decodeRow, withAttributes, type ObjectRow } from '../../src/kmip/managed-object.js';
import { describeEachGolden, goldenStore } from '../support/golden.js';
import { rowsOf } from '../support/store.js';

function encodedAgain(row: ObjectRow): ObjectRow {
  const object = decodeRow(row);
  return withAttributes(object, {
    state: object.state,
    attributes: object.attributes.members,
    embedded: object.keyBlock?.attributes?.members ?? null,
  });
}

/** A text on one line without blanks between its tokens. */
function compact(text: string): string {
  return text.includes('\n') ? text : text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
}

const inOtherForm = (row: ObjectRow, indent: number): ObjectRow => ({
  ...row,
  object: JSON.stringify(JSON.parse(row.object), null, indent),
  attributes: JSON.stringify(JSON.parse(row.attributes), null, indent),
});

describeEachGolden('decoding and encoding a row of the golden stores', (database) => {
  for (const name of ['store', 'store-rotated', 'kek', 'crash']) {
    // The last two were made on SQLite alone.
    if (database.kind !== 'sqlite' && !name.startsWith('store')) continue;
    it(`gives every row of ${name} back, in each form`, async () => {
      const stored = await rowsOf(await goldenStore(database, name));
      assert.ok(stored.length > 0);
      for (const { wrapping_key_id: wrappingKeyId, ...columns } of stored) {
        const row = { ...columns, wrappingKeyId };
        const { object, attributes } = row;
        assert.deepEqual(encodedAgain(row), {
          ...row,
          object: compact(object),
          attributes: compact(attributes),
        });
        for (const indent of [0, 2]) {
          const other = inOtherForm(row, indent);
          assert.deepEqual(encodedAgain(other), other);
        }
      }
    });
  }
});
