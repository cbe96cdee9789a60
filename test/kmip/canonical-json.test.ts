import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson } from '../../src/kmip/canonical-json.js';
import { isJsonArray, isJsonObject, parseJson, type JsonValue } from '../../src/kmip/json.js';

/** The bits of a double, and its text: RFC 8785, appendix B. */
const NUMBERS = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
] as const;

describe('canonical JSON', () => {
  it('writes the example of RFC 8785, §3.2.2', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    const expected = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
    assert.equal(canonicalJson(JSON.parse(text) as JsonValue), expected);
    assert.equal(canonicalJson(parseJson(text).value), expected);
  });

  it('orders members by UTF-16 code units (RFC 8785, §3.2.3)', () => {
    const members = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    assert.deepEqual(
      [...canonicalJson(members).matchAll(/:"([^"]+)"/g)].map(([, value]) => value),
      [
        'Carriage Return',
        'One',
        'Control',
        'Latin Small Letter O With Diaeresis',
        'Euro Sign',
        'Emoji: Grinning Face',
        'Hebrew Letter Dalet With Dagesh',
      ],
    );
  });

  for (const [bits, text] of NUMBERS) {
    it(`writes the double ${bits} as ${text} (RFC 8785, appendix B)`, () => {
      assert.equal(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), text);
    });
  }

  it('refuses what RFC 8785 excludes: NaN, infinity, half a surrogate pair', () => {
    for (const value of [NaN, Infinity, '\ud83d', { '\ude00': 1 }]) {
      assert.throws(() => canonicalJson(value), TypeError);
    }
  });

  it('keeps all digits of an integer that no double holds', () => {
    const { value } = parseJson('[9007199254740993,-0,1.0]');
    assert.equal(canonicalJson(value), '[9007199254740993,0,1]');
  });

  it('has one text for a value, in whatever order its members come, and loses nothing', () => {
    const stringUnit = fc.constantFrom('a', '1', '"', '\u0001', 'é', '€', '\ufb33', '😀');
    const json = fc.json({ stringUnit, maxDepth: 3 });
    fc.assert(
      fc.property(json, (written) => {
        const value = JSON.parse(written) as JsonValue;
        const text = canonicalJson(value);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
        assert.equal(canonicalJson(JSON.parse(text) as JsonValue), text);
        assert.equal(canonicalJson(reversed(value)), text);
      }),
      { numRuns: 50 },
    );
  });
});

function reversed(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).reverse();
  return Object.fromEntries(members.map(([name, member]) => [name, reversed(member ?? null)]));
}
