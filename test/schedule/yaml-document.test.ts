// YAML documents: any text reads back as it was, by both versions of YAML, and comments stand above what they explain.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { inlineList, quoted, yamlDocument } from '../../src/schedule/yaml-document.js';
import { anyText } from '../support/any-text.js';

const text = fc.oneof(
  fc.string(),
  anyText(),
  fc
    .array(fc.constantFrom('x', '\n', ' ', '#', ':', '"', '\r', '\t'))
    .map((parts) => parts.join('')),
  fc.constantFrom('yes', 'True', '0o7', '010', '1:30', '~', '- x', '# x', 'a: b', '{{ x }}'),
);

describe('yamlDocument', () => {
  it('writes texts so that YAML 1.1 and 1.2 read them as they were', () => {
    fc.assert(
      fc.property(text, (given) => {
        const written = yamlDocument({
          quoted: quoted(given),
          list: inlineList([quoted(given), 1]),
          block: `# comment\n${given}`,
        });
        for (const version of ['1.1', '1.2'] as const) {
          const read = parseDocument(written, { version });
          assert.deepEqual(read.errors, []);
          assert.deepEqual(read.toJS(), {
            quoted: given,
            list: [given, 1],
            block: `# comment\n${given}`,
          });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('writes a text of several lines line by line', () => {
    assert.equal(yamlDocument({ a: 'x = 1\n\ny = 2\n' }), 'a: |\n  x = 1\n\n  y = 2\n');
  });

  it('puts comments above members and entries, and refuses one that explains nothing', () => {
    const content = { a: { b: 1, c: [{ d: 2 }, { e: 3 }] } };
    const comments = [
      { path: ['a', 'c'], text: 'of c' },
      { path: ['a', 'c', 1], text: 'of the second' },
    ] as const;
    assert.equal(
      yamlDocument(content, comments),
      'a:\n  b: 1\n  # of c\n  c:\n    - d: 2\n    # of the second\n    - e: 3\n',
    );
    assert.throws(() => yamlDocument(content, [{ path: ['a', 'x'], text: '' }]), TypeError);
  });
});
