// Readers of single members: absent and null are the same, a wrong type is an error that names the
// member and never its value. And edits of a map, which must disturb nothing else in it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseJson, type JsonObject, type JsonValue } from '../../src/kmip/json.js';
import {
  asMap,
  MalformedMember,
  memberReader,
  requiredText,
  withMembers,
  type MemberReader,
} from '../../src/kmip/members.js';

const NAMES = { AES: 3, RSA: 4 } as const;
const MARKER = 'c0ffee-marker';

const READERS: Record<string, (read: MemberReader, member: string) => unknown> = {
  text: (read, member) => read.text(member),
  boolean: (read, member) => read.boolean(member),
  integer: (read, member) => read.integer(member),
  dateTime: (read, member) => read.dateTime(member),
  enumeration: (read, member) => read.enumeration(member, NAMES),
  openEnumeration: (read, member) => read.openEnumeration(member, NAMES),
  map: (read, member) => read.map(member),
  list: (read, member) => read.list(member),
};

describe('members', () => {
  describe('memberReader', () => {
    const accepted: [reader: string, value: JsonValue, read: unknown][] = [
      ['text', '', ''],
      ['boolean', false, false],
      ['integer', -1, -1],
      ['integer', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      ['dateTime', [2026, 218, 7, 6, 40, 0, 0, 0, 0], 1_786_000_000],
      ['enumeration', 'RSA', 'RSA'],
      ['enumeration', 3, 'AES'],
      ['openEnumeration', 'MLKEM_768', 'MLKEM_768'],
      ['openEnumeration', 4, 'RSA'],
      ['map', {}, {}],
      ['list', [], []],
    ];
    for (const [reader, value, read] of accepted) {
      it(`reads ${JSON.stringify(value)} as ${reader}`, () => {
        assert.deepEqual(READERS[reader]!(memberReader({ M: value }, 'a'), 'M'), read);
      });
    }

    for (const [reader, use] of Object.entries(READERS)) {
      it(`reads an absent ${reader} and a null one alike (storage format §3.1)`, () => {
        const nothing = reader === 'list' ? [] : null;
        assert.deepEqual(use(memberReader({}, 'a'), 'M'), nothing);
        assert.deepEqual(use(memberReader({ M: null }, 'a'), 'M'), nothing);
      });
    }

    const float = parseJson('86400.0').value;
    const refused: [reader: string, ...values: JsonValue[]][] = [
      ['text', 1, true, [MARKER], { MARKER }],
      ['boolean', 0, 1, MARKER, [MARKER]],
      ['integer', MARKER, '86400', 0.5, float, 2 ** 53, 2n ** 63n, true, [MARKER]],
      ['dateTime', MARKER, 1_786_000_000, [MARKER], { MARKER }],
      ['enumeration', MARKER, 'aes', 5, { MARKER }],
      ['openEnumeration', 5, { MARKER }, [MARKER], true],
      ['map', MARKER, [MARKER], float, 1],
      ['list', MARKER, { MARKER }, 1],
    ];
    for (const [reader, ...values] of refused) {
      it(`refuses what is no ${reader}, by path and without the value`, () => {
        for (const value of values) {
          assert.throws(
            () => READERS[reader]!(memberReader({ M: value }, 'attributes'), 'M'),
            (error) => {
              assert.ok(error instanceof MalformedMember);
              assert.equal(error.path, 'attributes.M');
              assert.match(error.message, /^attributes\.M must be .+, found /);
              assert.ok(!error.message.includes(MARKER));
              return true;
            },
          );
        }
      });
    }
  });

  it('asMap and requiredText refuse what is missing', () => {
    assert.deepEqual(asMap({ a: 1 }, 'object'), { a: 1 });
    for (const value of [undefined, null, [], 'x', 1]) {
      assert.throws(() => asMap(value, 'object'), { name: 'MalformedMember', path: 'object' });
    }
    assert.equal(requiredText({ a: 'x' }, 'a', 'at'), 'x');
    for (const members of [{}, { a: null }, { a: 1 }] as JsonObject[]) {
      const malformed = { name: 'MalformedMember', path: 'at.a' };
      assert.throws(() => requiredText(members, 'a', 'at'), malformed);
    }
  });

  describe('withMembers', () => {
    it('sets what is there in its place, and removes what is given as undefined', () => {
      const before = { Zeta: 1, Attribute: [], Alpha: 2 };
      const after = withMembers(before, { Alpha: 3, Zeta: undefined, Missing: undefined });
      assert.deepEqual(Object.entries(after), [
        ['Attribute', []],
        ['Alpha', 3],
      ]);
      assert.deepEqual(before, { Zeta: 1, Attribute: [], Alpha: 2 });
    });

    it('puts what is new where the server would: by name, Attribute last', () => {
      const before = { ActivationDate: 1, State: 'Active', Attribute: [] };
      const after = withMembers(before, { UniqueIdentifier: 'u', Link: [], AAA: 0 });
      const order = 'AAA ActivationDate Link State UniqueIdentifier Attribute';
      assert.equal(Object.keys(after).join(' '), order);
      const added = withMembers({ Zeta: 1 }, { Attribute: [] });
      assert.deepEqual(Object.keys(added), ['Zeta', 'Attribute']);
    });

    it('keeps every other member, its value and its order', () => {
      const names = fc.stringMatching(/^[A-Za-z]{1,3}$/);
      const maps = fc.dictionary(names, fc.integer());
      const changes = fc.dictionary(names, fc.option(fc.integer(), { nil: undefined }));
      fc.assert(
        fc.property(maps, changes, (a, b) => {
          const after = withMembers(a, b);
          const untouched = (members: JsonObject) =>
            Object.entries(members).filter(([key]) => !Object.hasOwn(b, key));
          assert.deepEqual(untouched(after), untouched(a));
          for (const [key, value] of Object.entries(b)) {
            assert.equal(after[key], value);
            assert.equal(Object.hasOwn(after, key), value !== undefined);
          }
        }),
      );
    });
  });
});
