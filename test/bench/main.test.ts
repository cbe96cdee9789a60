// The bench works: each figure is taken once, very small, and nobody judges its time.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needThoroughRun } from '../support/effort.js';
import { temporaryFolder } from '../support/temporary.js';
import type { Comparison } from './table.js';

const BENCH = fileURLToPath(new URL('../../bin/dev/bench.js', import.meta.url));
const SIZES = {
  rounds: '1',
  keys: '20',
  rows: '2000',
  dependants: '50',
  due: '100',
  pairs: '2',
  log: '5000',
};
/** `versions` needs a clone of another one, `shards` PostgreSQL. */
const FIGURES =
  /^(start of|re-key|2 RSA pairs|1,000 due of|50 dependants|20 keys through|run of 100|verify 5,000)/;

describe('npm run bench', () => {
  it('takes every figure, prints it and writes it as JSON', function () {
    needThoroughRun(this);
    this.timeout(180_000);
    const file = join(temporaryFolder(), 'bench.json');
    const sizes = Object.entries(SIZES).flatMap(([name, size]) => [`--${name}`, size]);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [BENCH, '--database', 'sqlite', ...sizes, '--json', file],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    const { comparisons } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly comparisons: readonly Comparison[];
    };
    for (const { title, kms } of comparisons) {
      assert.ok(stdout.includes(title), title);
      assert.ok(Number.isFinite(kms), title);
    }
    const titles = comparisons.map(({ title }) => FIGURES.exec(title)?.[1]);
    assert.equal(new Set(titles.filter((title) => title !== undefined)).size, 8);
  });
});
