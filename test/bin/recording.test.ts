// The recording that README.md shows: the program still shows the same, numbers and dates aside.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ROOT, textOf } from '../support/examples.js';
import { hasTmux } from '../support/tmux.js';

describe('the recording of the first minutes', () => {
  it('is shown by README.md', () => {
    assert.ok(/!\[[^\]]+\]\(man\/first-minutes\.svg\)/.test(textOf('README.md')));
  });

  if (!hasTmux) {
    it('needs tmux');
    return;
  }
  it('is as the program shows them today (npm run record)', () => {
    const checked = spawnSync(process.execPath, ['bin/dev/record.js', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.deepEqual([checked.stderr, checked.status], ['', 0]);
  });
});
