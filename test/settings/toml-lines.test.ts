// Lines of members, for every way in which TOML writes tables and values.
import assert from 'node:assert/strict';
import { lineOf } from '../../src/settings/toml-lines.js';

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
    [['table', 'list', 1, 'inline'], 12],
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
      assert.equal(lineOf(TEXT, path), line);
    });
  }

  it('takes line ends of Windows, and a text without a last one', () => {
    assert.equal(lineOf('[t]\r\na = 1\r\n\r\nb = 2', ['t', 'b']), 4);
    assert.equal(lineOf('', ['t']), 1);
  });
});
