// TOML that is written: it reads back as what was written.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isSyntaxError, parseToml } from '../../../src/settings/toml/toml-document.js';
import { formatMember, formatTomlValue } from '../../../src/settings/toml/toml-value.js';
import { anyText } from '../../support/any-text.js';

const text = fc.oneof(fc.string(), anyText());

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(text, tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;

describe('TOML values', () => {
  it('read back as they were written, texts of any characters too', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), value, (path, written) => {
        const document = parseToml(`${formatMember(path, written)}\n`);
        assert.ok(!isSyntaxError(document));
        const read = path.reduce<unknown>(
          (table, name) => (table as Record<string, unknown>)[name],
          document.root,
        );
        assert.deepEqual(structuredClone(read), withoutMinusZero(written));
      }),
    );
  });

  it('have bare names where TOML allows them', () => {
    assert.equal(
      formatMember(['a-b', 'c d'], { e_1: [1, 'x'], f: undefined }),
      'a-b."c d" = { e_1 = [1, "x"] }',
    );
    assert.equal(formatTomlValue({}), '{}');
  });

  it('are refused where no setting has such', () => {
    for (const odd of [1.5, 2 ** 53, null, undefined]) {
      assert.throws(() => formatTomlValue(odd), TypeError);
    }
  });
});

/** TOML has no integer -0. */
function withoutMinusZero(written: unknown): unknown {
  return JSON.parse(JSON.stringify(written)) as unknown;
}
