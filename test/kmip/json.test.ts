// JSON text through the parser and back: the same text, whatever stands in it, or a SyntaxError, but
// never a member or a digit less. The texts come from fast-check, written by a writer of our own, and
// from every row of the golden stores.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  formatJson,
  isJsonArray,
  isJsonObject,
  describeType,
  parsedObject,
  parseJson,
  type JsonObject,
} from '../../src/kmip/json.js';
import { anyText } from '../support/any-text.js';
import { describeGolden, goldenRows, GOLDEN_SQLITE } from '../support/golden.js';

/** A JSON value as its tokens: scalars are raw text, so that every spelling can be asked for. */
type Tokens =
  | { readonly scalar: string }
  | { readonly items: readonly Tokens[] }
  | { readonly members: readonly (readonly [name: string, value: Tokens])[] };

interface Style {
  readonly comma: string;
  readonly colon: string;
  /** Blanks a level, or null for a text on one line. */
  readonly indent: number | null;
}

const COMPACT: Style = { comma: ',', colon: ':', indent: null };
const NORMAL_FORM: Style = { comma: ', ', colon: ': ', indent: null };
const INDENTED: Style = { comma: ',', colon: ': ', indent: 2 };

function write(tokens: Tokens, style: Style, depth = 0): string {
  if ('scalar' in tokens) return tokens.scalar;
  const [open, close, parts] =
    'items' in tokens
      ? (['[', ']', tokens.items.map((item) => write(item, style, depth + 1))] as const)
      : ([
          '{',
          '}',
          tokens.members.map(
            ([name, value]) =>
              `${JSON.stringify(name)}${style.colon}${write(value, style, depth + 1)}`,
          ),
        ] as const);
  if (parts.length === 0) return open + close;
  const line = (level: number) =>
    style.indent === null ? '' : `\n${' '.repeat(style.indent * level)}`;
  return `${open}${line(depth + 1)}${parts.join(`${style.comma}${line(depth + 1)}`)}${line(depth)}${close}`;
}

const text = fc.oneof(anyText(), fc.string({ unit: 'grapheme' }));
const name = fc.oneof(
  fc.constantFrom('RotateInterval', 'Attribute', '_t', '_c', 'Vendor:X', 'constructor', ''),
  text.filter((candidate) => !/^\d+$/.test(candidate) && candidate !== '__proto__'),
);
const scalar = fc
  .oneof(
    fc.constantFrom('null', 'true', 'false', '0', '-0', '86400.0', '8.64e4', '1E+400', '0.10'),
    fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map((integer) => `${integer}.0`),
    text.map((value) => JSON.stringify(value)),
    fc.constant(JSON.stringify('\u0000\u001f\b\f\n\r\t"\\/\u007f\u2028é\u{1F600}\ud800')),
  )
  .map((raw): Tokens => ({ scalar: raw }));
const dateTime = fc
  .array(fc.integer({ min: -59, max: 9999 }), { minLength: 9, maxLength: 9 })
  .map((parts): Tokens => ({ items: parts.map((part) => ({ scalar: String(part) })) }));
const { node, map } = fc.letrec<{ node: Tokens; map: Tokens }>((tie) => ({
  map: fc
    .uniqueArray(fc.tuple(name, tie('node')), { selector: ([key]) => key, maxLength: 6 })
    .map((members): Tokens => ({ members })),
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    dateTime,
    tie('map'),
    fc.array(tie('node'), { maxLength: 4 }).map((items): Tokens => ({ items })),
    tie('node').map((value): Tokens => ({
      members: [
        ['_t', { scalar: '"LongInteger"' }],
        ['_c', value],
      ],
    })),
  ),
}));

/** Says whether a text comes back as it was, or is refused for what it is. */
function kept(written: string): boolean {
  try {
    return formatJson(parseJson(written).value) === written;
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
    return true;
  }
}

describe('json', () => {
  describe('parseJson, then formatJson', () => {
    it('gives the same compact text', () => {
      fc.assert(
        fc.property(node, (tokens) => {
          const written = write(tokens, COMPACT);
          assert.equal(formatJson(parseJson(written).value), written);
        }),
        { numRuns: 500 },
      );
    });

    it('gives the same text indented by two', () => {
      fc.assert(
        fc.property(map, (tokens) => {
          const written = write(tokens, INDENTED);
          const { value, indented } = parseJson(written);
          assert.equal(indented, written !== '{}');
          assert.equal(formatJson(value, indented), written);
        }),
        { numRuns: 500 },
      );
    });

    it('gives the normal form of PostgreSQL and MySQL without its white space', () => {
      fc.assert(
        fc.property(node, (tokens) => {
          const { value, indented } = parseJson(write(tokens, NORMAL_FORM));
          assert.equal(indented, false);
          assert.equal(formatJson(value), write(tokens, COMPACT));
        }),
        { numRuns: 500 },
      );
    });

    it('writes escapes that JSON does not ask for as the characters they stand for', () => {
      const { value } = parseJson(String.raw`{"\u0061": "\u00e9\/\ud83d\ude00", "n": 1.0}`);
      assert.equal(formatJson(value), '{"a":"é/😀","n":1.0}');
    });
  });

  describe('members that a JavaScript object cannot hold as they are', () => {
    it('refuses two members of one name, alike or not, escaped or not, at any depth', () => {
      fc.assert(
        fc.property(name, scalar, scalar, fc.boolean(), (key, first, second, nested) => {
          const between = ['between' + key, { scalar: '0' }] as const;
          const twice = write({ members: [[key, first], between, [key, second]] }, COMPACT);
          assert.throws(() => parseJson(nested ? `{"a":[${twice}]}` : twice), SyntaxError);
        }),
      );
      assert.throws(() => parseJson(String.raw`{"a":1,"\u0061":1}`), SyntaxError);
    });

    it('keeps a name of digits alone in its place, or refuses it', () => {
      assert.throws(() => parseJson('{"b":0,"10":1,"9":2}'), SyntaxError);
      fc.assert(
        fc.property(
          fc.uniqueArray(fc.oneof(fc.nat().map(String), fc.constantFrom('a', '01')), {
            minLength: 1,
            maxLength: 5,
          }),
          scalar,
          (keys, value) => {
            const members = keys.map((key) => [key, value] as const);
            assert.ok(kept(write({ members }, COMPACT)));
          },
        ),
      );
    });

    it('keeps __proto__, or refuses it', () => {
      fc.assert(
        fc.property(node, scalar, (value, other) => {
          const members = [['a', other] as const, ['__proto__', value] as const];
          assert.ok(kept(write({ members }, COMPACT)));
        }),
      );
    });
  });

  it('refuses what is no JSON', () => {
    const texts = ['', '{', '{"a":1,}', "{'a':1}", '{"a":01}', '{"a":NaN}', '[1] 2', '\ufeff{}'];
    for (const bad of [...texts, '{"a":\u00a01}', '{"a":"\n"}', String.raw`{"a":"\x"}`]) {
      assert.throws(() => parseJson(bad), SyntaxError, bad);
    }
  });

  it('gives back, or refuses, what is nested deeper than a call stack', () => {
    for (const depth of [100, 1000, 5000, 100_000]) {
      const written = `{"a":${'['.repeat(depth)}1.0${']'.repeat(depth)}}`;
      assert.ok(kept(written), String(depth));
      assert.ok(kept(written.replace('1.0', '')), String(depth));
    }
  });

  it('gives integers that a double holds as numbers, greater ones as bigint', () => {
    const { value } = parseJson('{"a":9007199254740991,"b":9007199254740993,"c":-7}');
    assert.deepEqual(value, { a: 9007199254740991, b: 9007199254740993n, c: -7 });
  });

  it('tells maps, arrays and other values apart, and names them without showing them', () => {
    const members = parseJson('{"a":{},"b":[],"c":1.0,"d":1,"e":12345678901234567890,"f":"x"}')
      .value as JsonObject;
    const values = [...Object.values(members), true, null, undefined];
    assert.deepEqual(values.filter(isJsonObject), [members['a']]);
    assert.deepEqual(values.filter(isJsonArray), [members['b']]);
    assert.deepEqual(values.map(describeType), [
      ...['a map', 'an array', 'a number that is no integer', 'a number', 'a number'],
      ...['a string', 'a boolean', 'null', 'nothing'],
    ]);
  });

  it('is an object or nothing where only that will do', () => {
    assert.deepEqual(parsedObject('{"a":1}'), { a: 1 });
    for (const other of ['[1]', '1', 'null', '', '{', '{"a":1,"a":2}']) {
      assert.equal(parsedObject(other), null, other);
    }
  });

  describeGolden('on the golden stores', () => {
    for (const store of GOLDEN_SQLITE) {
      it(`gives back every text of ${store}.sqlite, compact and indented`, () => {
        const texts = goldenRows(store).flatMap(({ object, attributes }) => [object, attributes]);
        assert.ok(texts.length > 0);
        for (const original of texts) {
          assert.equal(formatJson(parseJson(original).value), original);
          const pretty = JSON.stringify(JSON.parse(original), null, 2);
          const { value, indented } = parseJson(pretty);
          assert.equal(formatJson(value, indented), pretty);
        }
      });
    }
  });
});
