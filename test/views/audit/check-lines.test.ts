import assert from 'node:assert/strict';
import { checkLog } from '../../../src/report/audit/check-log.js';
import { checkLines } from '../../../src/views/audit/check-lines.js';
import { aChainedLog, sourceOf } from '../../support/chains.js';

describe('the lines of a check of the log', () => {
  it('name each place and the last good row before it', async () => {
    const log = aChainedLog([{ rows: 1 }, { rows: 3 }, { rows: 1 }]);
    const rows = log.rows.filter(({ runId, seq }) => runId !== 'run-1' || seq < 2 || seq > 3);
    const options = { keys: new Map(), publicKeys: new Map(), since: null, heads: [] };
    const lines = checkLines(await checkLog(sourceOf({ ...log, rows }), options));
    assert.match(String(lines[0]), /^ALTERED in 1 place: 9 rows in 3 chains$/);
    assert.match(
      String(lines[1]),
      /^missing: rows 2 to 3 of chain \S+: removed, and no prune says so$/,
    );
    assert.match(String(lines[2]), /^ {2}last good row: 1 \(rotated key-0, run run-1, \S+\)$/);
  });
});
