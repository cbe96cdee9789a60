// What `kms init` says of the next run.
import assert from 'node:assert/strict';
import { nextRunLines, nothingToRun } from '../../src/setup/next-run.js';

describe('the lines of the next run', () => {
  it('say only what there is', () => {
    assert.deepEqual(nextRunLines(nothingToRun('offset')), ['no key is due now']);
  });

  it('speak of one key as of one', () => {
    const lines = nextRunLines({
      ...{ due: 1, failing: 1, dueWithoutAutomatic: 1 },
      ...{ firstDeadline: 'offset+interval', otherwiseByOtherRule: 1 },
    });
    assert.equal(lines.length, 4);
    for (const line of lines) assert.match(line, /^1 key is /);
    assert.match(lines[0]!, /rotates it;/);
    assert.match(lines[3]!, /first_deadline decides: it is "offset\+interval", not "offset" /);
  });
});
