// A member set in the text of a TOML file: all else stays as it is, comments and line ends too.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { setMember } from '../../../src/settings/toml/set-member.js';
import { isSyntaxError, parseToml } from '../../../src/settings/toml/toml-document.js';
import { tries } from '../../support/effort.js';

const set = (text: string, path: readonly string[], value: unknown) =>
  setMember(text, { path, value, comment: 'new' });

describe('setMember', () => {
  for (const [does, cases] of [
    [
      'replaces a value in any form, and keeps the comment behind it',
      [
        ['[a]\nb = 1 # one\n', '[a]\nb = 2 # one\n'],
        ["[a]\nb = 'x'# one", '[a]\nb = 2# one'],
        ['[a]\nb = """\nx\n""" # one\n', '[a]\nb = 2 # one\n'],
        ['[a]\nb = [\n1, # one\n] # two\n', '[a]\nb = 2 # two\n'],
        ['a.b = 1 # one\n', 'a.b = 2 # one\n'],
        ['a = { c = 1, b = 1 } # one\n', 'a = { c = 1, b = 2 } # one\n'],
        ['\uFEFF[a]\r\n"b" = 1\r\n', '\uFEFF[a]\r\n"b" = 2\r\n'],
      ],
    ],
    [
      'adds a member below the last one of its table',
      [
        ['[a] # one\n# two\n[c]\n', '[a] # one\n# new\nb = 2\n# two\n[c]\n'],
        ['[a]\nx = 1 # one\n\n# of c\n[c]\n', '[a]\nx = 1 # one\n# new\nb = 2\n\n# of c\n[c]\n'],
        ['[a]\r\nx = [\r\n]', '[a]\r\nx = [\r\n]\r\n# new\r\nb = 2\r\n'],
      ],
    ],
    [
      'adds a table that is missing at the end',
      [
        ['', '[a]\n# new\nb = 2\n'],
        ['# one\n', '# one\n\n[a]\n# new\nb = 2\n'],
        ['[a.c]\nx = 1', '[a.c]\nx = 1\n\n[a]\n# new\nb = 2\n'],
      ],
    ],
  ] as const) {
    it(does, () => {
      for (const [text, expected] of cases) assert.equal(set(text, ['a', 'b'], 2), expected);
    });
  }

  it('returns the text as it is if the member has that value', () => {
    const text = 'a = { b = [ 1 ,2 ] }';
    assert.equal(set(text, ['a', 'b'], [1, 2]), text);
  });

  it('returns null if the table cannot be extended, or the text is not TOML', () => {
    for (const text of ['a = 1', 'a = { x = 1 }', 'a.x = 1', '[[a]]', '[[a.b]]', 'a = ']) {
      assert.equal(set(`${text}\n`, ['a', 'b'], 2), null, text);
    }
  });

  /** Statements, and what may stand between them; each at most once, so that most documents are valid. */
  const STATEMENTS = [
    ...['[a]', '[b]', '[a.c]', '[[d]]', 'x = 1 # comment 1', 'y = "#" # comment 2'],
    ...["z = '''\n# no comment\n''' # comment 3", 'l = [1, # comment 4\n2]', 'b = { x = 1 }'],
    ...['a.x = 1', '# comment 5', '#comment 6\n', '\n# comment 7', ''],
  ];

  it('changes that member alone, and keeps every comment in its order', () => {
    const texts = fc
      .tuple(fc.shuffledSubarray(STATEMENTS), fc.constantFrom('\n', '\r\n'), fc.boolean())
      .map(([lines, lineEnd, ends]) => `${lines.join(lineEnd)}${ends ? lineEnd : ''}`);
    const paths = fc.tuple(fc.constantFrom('a', 'b', 'new'), fc.constantFrom('x', 'y', 'new'));
    const values = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()));
    let edited = 0;
    fc.assert(
      fc.property(texts, paths, values, (text, [table, name], value) => {
        const before = parseToml(text);
        const after = set(text, [table, name], value);
        if (isSyntaxError(before)) assert.equal(after, null);
        if (isSyntaxError(before) || after === null) return;
        edited += 1;
        const reread = parseToml(after);
        assert.ok(!isSyntaxError(reread));
        const expected = structuredClone(before.root) as Record<string, Record<string, unknown>>;
        expected[table] = { ...expected[table], [name]: value };
        assert.deepEqual(structuredClone(reread.root), expected);
        assert.deepEqual(commentsIn(after), commentsIn(text));
      }),
      { numRuns: tries(500, 2000) },
    );
    assert.ok(edited > tries(125, 500), `only ${edited} documents could be edited`);
  });
});

function commentsIn(text: string): readonly string[] {
  return text.match(/#\s?comment \d/g) ?? [];
}
