// The recording that README.md shows: the program still shows the same, numbers and dates aside.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ROOT, textOf } from '../support/examples.js';
import { needPrograms } from '../support/programs.js';

describe('the recording of the first minutes', () => {
  it('is shown by README.md', () => {
    assert.ok(/!\[[^\]]+\]\(man\/first-minutes\.svg\)/.test(textOf('README.md')));
  });

  it('is as the program shows them today (npm run record)', function () {
    needPrograms(this, 'tmux');
    const checked = spawnSync(process.execPath, ['bin/dev/record.js', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.deepEqual([checked.stderr, checked.status], ['', 0]);
  });
});
