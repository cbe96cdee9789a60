// A block in a crontab: it takes the place of an earlier one of its schedule, and touches nothing else.
import assert from 'node:assert/strict';
import { blockOf, mergeCrontab, unmarkedLines } from '../../src/schedule/merge-crontab.js';

const block = (line: string, prefix = 'kms') => blockOf(prefix, [line]);
const text = (...lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const other = block('* kms rotate due', 'kms-eu');

describe('merging a crontab', () => {
  for (const [what, earlier, expected] of [
    ['begins an empty one', '', text(...block('new'))],
    ['comes after what is there', text('a', ''), text('a', '', ...block('new'))],
    ['completes a last line', 'a', text('a', ...block('new'))],
    ['replaces its own', text('a', ...block('old'), 'b'), text('a', ...block('new'), 'b')],
    [
      'replaces all of several, once',
      text('a', ...block('old'), 'b', ...block('older'), 'c'),
      text('a', ...block('new'), 'b', 'c'),
    ],
    ['leaves another store’s', text(...other), text(...other, ...block('new'))],
  ] as const) {
    it(what, () => {
      const merged = mergeCrontab(earlier, 'kms', block('new'));
      assert.equal(merged, expected);
      assert.equal(mergeCrontab(merged, 'kms', block('new')), merged);
    });
  }

  const [begin = '', , end = ''] = block('');
  for (const lines of [[begin], [end], [begin, begin, end], [begin, end, end]]) {
    it(`refuses half a block: ${lines.length} markers`, () => {
      assert.throws(() => mergeCrontab(text(...lines), 'kms', block('new')), /half a block/);
    });
  }

  it('finds lines that run kms outside of any block', () => {
    const lines = [
      '7 * * * * kms rotate due',
      '# kms rotate due',
      ...other,
      '0 6 * * * /opt/kms warnings',
    ];
    assert.deepEqual(unmarkedLines(text(...lines)), [1, 6]);
  });
});
