// Reading TOML: values as another parser reads them, and the line of each member in every form that TOML has.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse as parseWithSmolToml } from 'smol-toml';
import {
  isSyntaxError,
  lineOf,
  parseToml,
  type MemberPath,
  type TomlDocument,
} from '../../../src/settings/toml/toml-document.js';
import { tries } from '../../support/effort.js';

function documentOf(text: string): TomlDocument {
  const document = parseToml(text);
  if (isSyntaxError(document)) return assert.fail(`line ${document.line}: ${text}`);
  return document;
}

const rootOf = (text: string): unknown => structuredClone(documentOf(text).root);

const TEXT = `# a comment with [brackets] = and "quotes"
top = 1
dotted.inner."quoted name" = "x"

[table]  # of members
text = """
not.a.member = 1
[not a table]
"""
literal = '''
also = "not one" '''
list = [
  1, # ]
  { inline = "}" },
]
after = 2

[[rule]]
tag = "one"
[rule.nested]
deep = true

[[rule]]
"tag" = 'two'
[rule.nested]
deep = false
[[rule.entries]]
x = 1
[[rule.entries]]
x = 2

[a."b.c".d]
e = 1 # "`;

describe('lineOf', () => {
  for (const [path, line] of [
    [['top'], 2],
    [['dotted'], 3],
    [['dotted', 'inner', 'quoted name'], 3],
    [['table'], 5],
    [['table', 'text'], 6],
    [['table', 'literal'], 10],
    [['table', 'list'], 12],
    [['table', 'list', 0], 12],
    [['table', 'list', 1, 'inline'], 14],
    [['table', 'after'], 16],
    [['rule', 0], 18],
    [['rule', 0, 'tag'], 19],
    [['rule', 0, 'nested', 'deep'], 21],
    [['rule', 1], 23],
    [['rule', 1, 'tag'], 24],
    [['rule', 1, 'nested', 'deep'], 26],
    [['rule', 1, 'entries', 0, 'x'], 28],
    [['rule', 1, 'entries', 1, 'x'], 30],
    [['rule', 1, 'absent'], 23],
    [['a', 'b.c', 'd', 'e'], 33],
    [['a', 'b.c'], 32],
    [['absent'], 1],
  ] as const) {
    it(`finds ${path.join(' › ')} on line ${line}`, () => {
      assert.equal(lineOf(documentOf(TEXT), path), line);
    });
  }

  it('counts Windows line ends, and needs none at the end', () => {
    const lineIn = (text: string, path: MemberPath) => lineOf(documentOf(text), path);
    assert.equal(lineIn('[t]\r\na = 1\r\n\r\nb = 2', ['t', 'b']), 4);
    assert.equal(lineIn('', ['t']), 1);
    assert.equal(lineIn('\uFEFFa = 1\nb = 2', ['b']), 2);
  });
});

describe('parseToml', () => {
  it('reads tables, lists of tables, dotted names and inline tables', () => {
    const text = `a.b = 1
[[rule]]
x = [1, { y = "z" }]
[rule.n]
t = true
[[rule]]
[c."d e"]
`;
    assert.deepEqual(rootOf(text), {
      a: { b: 1 },
      rule: [{ x: [1, { y: 'z' }], n: { t: true } }, {}],
      c: { 'd e': {} },
    });
  });

  it('keeps integers beyond 2^53 as they are', () => {
    assert.deepEqual(rootOf('a = 9007199254740993\nb = -9007199254740991\n'), {
      a: 9007199254740993n,
      b: -9007199254740991,
    });
  });

  it('reads names that mean something to JavaScript like any other', () => {
    const { root } = documentOf('[__proto__]\nx = 1\n[constructor.prototype]\ny = 2\n');
    assert.equal(JSON.stringify(root), '{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}}}');
    assert.ok(!('x' in {}) && !('y' in {}));
  });

  it('reads a date as a date', () => {
    assert.ok(documentOf('a = 2026-01-01\n').root['a'] instanceof Date);
  });

  for (const [what, text, line, column] of [
    ['a name that is defined twice', '[a]\nx = 1\nx = 2\n', 3, 1],
    ['a table that is defined twice', '[a]\n[b]\n[a]\n', 3, 2],
    ['a table below a value', 'a = 1\n[a.b]\n', 2, 2],
    ['a new member of an inline table', 'a = { b = 1 }\na.c = 2\n', 2, 1],
    ['a text without quotes', '[a]\nurl = postgres://db\n', 2, 7],
    ['a text that does not end', 'a = "x\nb = 1\n', 1, 7],
    ['a bracket that is not closed', 'a = [1,\n2\n', 3, 1],
    ['a date that does not exist', 'a = 1\nb = 2026-13-01\n', 2, 14],
  ] as const) {
    it(`refuses ${what}, and says where`, () => {
      assert.deepEqual(parseToml(text), { line, column });
    });
  }

  /** Put together, they make documents of every kind, some of them invalid. */
  const STATEMENTS = [
    ...['[a]', '[[a]]', '[a.b]', '[[a.b]]', '[ a . "b" ]', '[c.d]', '[[e]]', '[e.f]', '[""]'],
    ...['a = 1', 'a.b = 3', 'b.c = "x"', `"q k" = 'y'`, 'l = [1, 2,\n 3] # c', 'l = [{ x = 1 }]'],
    ...['b = { x = 1, y.z = "}" }', '# comment', '', 'm = """\nx\\\n  y"""', `m = '''\nl''' # t`],
    ...['n = 1_000', 'n = 0x1F', 'n = +1', 'o = 1e3', 'o = -inf', 'p = false', 'q = "\\u00e9\\t"'],
    ...['r = ', '= 3', 'r', '[a', 'r = "x', 'r = 01', 'r = {', 'r = { a = 1, a = 2 }', 'r = 1 2'],
  ];

  it('agrees with another parser on what is TOML, and on what it says', () => {
    const statements = fc.array(fc.constantFrom(...STATEMENTS), { maxLength: 8 });
    const lineEnds = fc.constantFrom('\n', '\r\n');
    const texts = fc.tuple(statements, lineEnds).map(([lines, end]) => lines.join(end));
    fc.assert(
      fc.property(texts, (text) => {
        const expected = readBySmolToml(text);
        if (expected === null) assert.ok(isSyntaxError(parseToml(text)));
        else assert.deepEqual(rootOf(text), expected);
      }),
      { numRuns: tries(500, 2000) },
    );
  });
});

/** Null if it is not TOML. */
function readBySmolToml(text: string): unknown {
  try {
    return structuredClone(parseWithSmolToml(text));
  } catch {
    return null;
  }
}
