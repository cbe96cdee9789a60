// What a real terminal of 80 by 24 shows: tables that fit, colour unless NO_COLOR says otherwise, a word
// where nothing is due.
import assert from 'node:assert/strict';
import { RUN_JS } from '../support/binary.js';
import { needPrograms } from '../support/programs.js';
import { insertRows, newStorePath, sql } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { onTerminal } from '../support/tmux.js';

const COLUMNS = 80;
const UUIDS = Array.from(
  { length: 6 },
  (_, index) => `6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a0${index}`,
);

const lengthOf = (text: string) => Array.from(text).length;

describe('on a terminal', () => {
  before(function () {
    needPrograms(this, 'tmux');
  });
  let store: string;
  const show = (
    line: string,
    more: Record<string, string> = {},
    colours = false,
    answer?: { readonly to: string; readonly keys: string },
  ) =>
    onTerminal(
      `${more['TERM'] === undefined ? '' : `TERM=${more['TERM']}`} "${process.execPath}" "${RUN_JS}" ${line}`,
      {
        env: { HOME: temporaryFolder(), KMS_DATABASE_URL: store, ...more },
        colours,
        ...(answer === undefined ? {} : { answers: [answer] }),
      },
    );

  beforeEach(async () => {
    store = await newStorePath();
    insertRows(
      store,
      UUIDS.map((uid) => aSymmetricKey({ uid, owner: 'a-rather-long-name@example.org' })),
    );
  });

  for (const line of ['due list', 'due list --explain', 'key list', 'rotate due']) {
    it(`shows one line for each key: ${line}`, async () => {
      const lines = (await show(line)).split('\n');
      for (const text of lines) assert.ok(lengthOf(text) <= COLUMNS, text);
      const rows = lines.filter((text) => text.startsWith('6f0d4c1e'));
      assert.equal(rows.length, UUIDS.length);
      for (const text of rows) assert.ok(lengthOf(text) > 36, `a line that was cut off: ${text}`);
      const head = lines.findIndex((text) => text.startsWith('UID'));
      assert.deepEqual(lines.slice(head + 1, head + 1 + rows.length), rows, 'lines in between');
    });
  }

  it('has colour, unless NO_COLOR is set', async () => {
    const escape = '\u001b[';
    assert.ok((await show('due list', {}, true)).includes(escape));
    assert.ok(!(await show('due list', { NO_COLOR: '1' }, true)).includes(escape));
    assert.ok(!(await show('due list', { TERM: 'dumb' }, true)).includes(escape));
  });

  it('says so when nothing is due', async () => {
    store = await newStorePath();
    assert.match(await show('due list'), /Nothing is due\./);
    assert.match(await show('due list --explain'), /No object has a rotation policy\./);
    assert.match(await show('key list'), /No object matches\./);
    assert.match(await show('rotate due'), /nothing was due/);
  });

  it('shows nothing at all for --check and --quiet', async () => {
    assert.equal((await show('due list --check')).trim(), '');
    assert.equal((await show('rotate due --quiet')).trim(), '');
  });

  it('warns of a variable that is probably mistyped', async () => {
    assert.match(await show('due list', { KMS_DATABASE_URI: 'x' }), /KMS_DATABASE_URL\?/);
  });

  it('asks before the rotation log is removed, and removes nothing unless told yes', async () => {
    const answer = { to: 'Remove it? [y/N]', keys: 'n' };
    const refused = await show('init --remove', {}, false, answer);
    assert.match(refused, /rotation log with 0 entries/);
    assert.match(refused, /nothing was removed/);
    assert.equal(sql(store, 'SELECT * FROM kms_rotation_log').length, 0);
    const agreed = await show('init --remove', {}, false, { ...answer, keys: 'y' });
    assert.match(agreed, /removed from sqlite:/);
    assert.throws(() => sql(store, 'SELECT * FROM kms_rotation_log'), /no such table/);
  });

  it('is not steered by control characters in a uid', async () => {
    insertRows(store, [aSymmetricKey({ uid: 'evil\u001b[2J\u001b[31m\r\n\u202e' })]);
    const shown = await show('due list');
    assert.match(shown, /evil\\u\{1b\}\[2J/);
    assert.match(shown, /6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a00/);
  });
});
