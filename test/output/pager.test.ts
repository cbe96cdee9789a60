// Long texts through a pager, and through none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printPaged } from '../../src/output/pager.js';
import { temporaryFolder } from '../support/temporary.js';

const LINES = Array.from({ length: 5000 }, (_, index) => `line ${index}`);

async function paged(lines: readonly string[], pager: string, rows = 24): Promise<string[]> {
  const printed: string[] = [];
  const env = { PATH: process.env['PATH'], PAGER: pager };
  await printPaged(lines, (line) => printed.push(line), { rows, env });
  return printed;
}

describe('paging', () => {
  it('prints what fits on the screen without a pager', async () => {
    assert.deepEqual(await paged(['one', 'two'], 'false'), ['one', 'two']);
  });

  it('hands all that does not fit to PAGER, which a shell reads', async () => {
    const file = join(temporaryFolder(), 'seen');
    assert.deepEqual(await paged(LINES, `cat > ${file}`), []);
    assert.deepEqual(readFileSync(file, 'utf8').trimEnd().split('\n'), LINES);
  });

  it('counts lines within a block', async () => {
    const file = join(temporaryFolder(), 'seen');
    assert.deepEqual(await paged(['a\nb\nc'], `cat > ${file}`, 3), []);
    assert.equal(readFileSync(file, 'utf8'), 'a\nb\nc\n');
  });

  it('prints it all where there is no such pager, or PAGER is empty or cat', async () => {
    for (const pager of ['no-such-pager-here', '', 'cat']) {
      assert.deepEqual(await paged(LINES, pager), LINES, pager);
    }
  });

  it('is content with a reader who has seen enough', async () => {
    assert.deepEqual(await paged(LINES, 'head -n 1 > /dev/null'), []);
  });
});
