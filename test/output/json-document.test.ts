// Documents of --json, written piece by piece.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jsonPieces } from '../../src/output/json-document.js';
import { inLargerPieces } from '../../src/text/larger-pieces.js';

const written = (document: object) => [...jsonPieces(document)].join('');

describe('a document of --json', () => {
  it('is the text that JSON.stringify makes of it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
        assert.equal(written(document), JSON.stringify(document, undefined, 2));
      }),
    );
  });

  it('leaves out what is undefined, and is never nothing', () => {
    for (const document of [{}, { a: undefined }, { a: undefined, b: [{ c: undefined }] }]) {
      assert.equal(written(document), JSON.stringify(document, undefined, 2));
    }
  });

  it('takes what a generator makes for a list, which may be empty', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (items) => {
        const lazy = { before: 1, items: items.values(), after: 2 };
        assert.equal(written(lazy), JSON.stringify({ before: 1, items, after: 2 }, undefined, 2));
      }),
    );
  });

  it('never stands in memory whole: a long list is many pieces', () => {
    const document = { keys: Array.from({ length: 10_000 }, (_, index) => ({ uid: index })) };
    const longest = Math.max(...[...jsonPieces(document)].map(({ length }) => length));
    assert.ok(longest < 100, `${longest}`);
    const chunks = [...inLargerPieces(jsonPieces(document))];
    assert.equal(chunks.join(''), written(document));
    assert.ok(chunks.length > 2 && chunks.length < 10, `${chunks.length}`);
  });
});
