// What runs scripts at once: a check that fails must not be lost among those that pass.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/examples.js';
import { temporaryFolder } from '../support/temporary.js';

const SCRIPTS = { good: 'echo fine', bad: 'echo wrong >&2; exit 3', worse: 'exit 4' };

describe('bin/dev/at-once.js', () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ scripts: SCRIPTS }));

  for (const [names, code, shown] of [
    [['good'], 0, /^> good \(\d+ s\)\nfine\n$/],
    [['good', 'worse', 'bad', 'good'], 4, /^> bad \(\d+ s\)\nwrong\n/m],
    [['bad', 'good', 'worse'], 3, /^> good \(\d+ s\)\nfine\n/m],
    [['none'], 1, /^> none /],
  ] as const) {
    it(`runs ${names.join(', ')}, shows what each prints, and exits ${code}`, () => {
      const argv = [join(ROOT, 'bin/dev/at-once.js'), ...names];
      const { status, stdout } = spawnSync(process.execPath, argv, { cwd, encoding: 'utf8' });
      assert.equal(status, code);
      assert.match(stdout, shown);
    });
  }
});
