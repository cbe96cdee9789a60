// `kms init` on a real terminal: the whole conversation, again, and broken off.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_JS } from '../support/binary.js';
import { needPrograms } from '../support/programs.js';
import { sql } from '../support/sqlite.js';
import { temporaryFolder } from '../support/temporary.js';
import { onTerminal, type Answer } from '../support/tmux.js';

describe('kms init on a terminal', () => {
  before(function () {
    needPrograms(this, 'tmux');
  });
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  const init = (answers: readonly Answer[]) =>
    onTerminal(`cd "${folder}" && "${process.execPath}" "${RUN_JS}" init; echo "code $?"`, {
      env: { HOME: folder },
      answers,
    });
  const enter = (...questions: readonly string[]): Answer[] =>
    questions.map((to) => ({ to: `? ${to}`, keys: [] }));

  it('offers to try the mail server that was named, and says what came of it', async () => {
    const shown = await init([
      ...enter('Which database', 'How many days'),
      { to: '? Which mail server', keys: '127.0.0.1' },
      { to: '? From which', keys: 'kms@example.org' },
      { to: '? To which', keys: 'ops@example.org' },
      ...enter(
        'What will start',
        'Where should the settings',
        'Do it?',
        'Send a test message now?',
      ),
    ]);
    assert.match(shown, /made a new key store/);
    assert.match(shown, /ops@example\.org.*: /);
    assert.match(shown, /code 0/);
  });

  it('makes a store and kms.toml from the presets alone, and says what comes next', async () => {
    const shown = await init([
      ...enter(
        'Which database',
        'How many days',
        'Which mail server',
        'What will start',
        'Where should the settings',
      ),
      ...enter('Do it?'),
    ]);
    assert.match(shown, /made a new key store: sqlite:/);
    assert.match(shown, /next: kms key create NAME --keyset --interval 90d --config /);
    assert.match(shown, /code 0/);
    const file = join(folder, 'kms.toml');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const store = join(folder, '.local/share/kms/kms.db');
    assert.ok(readFileSync(file, 'utf8').includes(`url = "sqlite:${store}"`));
    const written = readFileSync(file, 'utf8');
    const again = await init([
      ...enter(
        'Which database',
        'How many days',
        'Which mail server',
        'What will start',
        'Where should the settings',
      ),
      { to: '? Change these settings', keys: 'y' },
      ...enter('Do it?'),
    ]);
    assert.match(again, /were there already/);
    assert.match(again, /already had these settings/);
    assert.equal(readFileSync(file, 'utf8'), written);
    assert.equal(sql(store, 'SELECT * FROM objects').length, 0);
  });

  it('does nothing if whoever is asked interrupts, or says no at the end', async () => {
    const interrupted = await init([
      ...enter('Which database'),
      { to: '? How many days', keys: ['C-c'] },
    ]);
    assert.match(interrupted, /nothing was changed/);
    assert.match(interrupted, /code 2/);
    const refused = await init([
      ...enter(
        'Which database',
        'How many days',
        'Which mail server',
        'What will start',
        'Where should the settings',
      ),
      { to: '? Do it?', keys: 'n' },
    ]);
    assert.match(refused, /nothing was changed/);
    assert.ok(!existsSync(join(folder, 'kms.toml')));
    assert.ok(!existsSync(join(folder, '.local')));
  });
});
