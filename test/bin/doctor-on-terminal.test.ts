// `kms doctor --fix` on a real terminal: it asks before it repairs, and does what it is told.
import assert from 'node:assert/strict';
import { RUN_JS } from '../support/binary.js';
import { codesOf, doctor } from '../support/doctor.js';
import { changeRow } from '../support/meddle.js';
import { needPrograms } from '../support/programs.js';
import { runOne } from '../support/run.js';
import { sqlite } from '../support/databases.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowOf,
  rowsOf,
} from '../support/store.js';
import { onTerminal } from '../support/tmux.js';

describe('kms doctor --fix on a terminal', () => {
  before(function () {
    needPrograms(this, 'tmux');
  });

  /** A server's cache has written a replaced key back. */
  async function writtenBack(): Promise<string> {
    const url = await newStorePath(sqlite);
    await insertRows(url, [aSymmetricKey({ uid: 'a', keyset: true })]);
    const { attributes, state } = await rowOf(url, 'a');
    await runOne(url, 'a', JANUARY + DAY);
    await changeRow(url, 'a', { attributes, state });
    return url;
  }
  const fixed = (url: string, keys: string) =>
    onTerminal(
      `"${process.execPath}" "${RUN_JS}" doctor --fix --database-url "${url}"; echo "code $?"`,
      {
        env: {},
        answers: [{ to: 'Repair this? [y/N]', keys }],
      },
    );

  it('repairs nothing if it is told not to', async () => {
    const url = await writtenBack();
    const before = await rowsOf(url);
    const shown = await fixed(url, 'n');
    assert.match(shown, /nothing was repaired/);
    assert.deepEqual(await rowsOf(url), before);
  });

  it('repairs what it has shown', async () => {
    const url = await writtenBack();
    const shown = await fixed(url, 'y');
    assert.match(shown, /1 repaired, 0 left/);
    assert.match(shown, /code 0/);
    assert.deepEqual(codesOf(await doctor(url)), []);
  });
});
