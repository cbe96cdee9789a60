// The table of threats in SECURITY.md: each thing that somebody cannot do is shown by tests that exist.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { ROOT, textOf } from '../support/examples.js';

const [, section = ''] = textOf('SECURITY.md').split('## Threats');
const rows = (section.split('\n## ')[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the table of threats in SECURITY.md', () => {
  it('has rows', () => {
    assert.ok(rows.length > 10);
  });

  for (const [, who = '', , cannot = '', shown = ''] of rows) {
    if (cannot === '–') continue;
    it(`names tests that exist: ${who} cannot ${cannot}`, () => {
      const paths = [...shown.matchAll(/\]\((test\/.*?)\)/g)].map(([, path = '']) => path);
      assert.ok(paths.length > 0, shown);
      for (const path of paths) assert.ok(existsSync(`${ROOT}${path}`), path);
    });
  }
});
