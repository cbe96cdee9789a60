// Settings written into a kms.toml: a new file, or one whose other content stays as it is.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { withSettings } from '../../src/settings/edit-toml.js';
import type { SettingName } from '../../src/settings/settings.js';
import { isSyntaxError, parseToml } from '../../src/settings/toml/toml-document.js';

const settings = (entries: Readonly<Partial<Record<SettingName, unknown>>>) =>
  new Map(Object.entries(entries) as [SettingName, unknown][]);

const rootOf = (text: string): unknown => {
  const document = parseToml(text);
  return isSyntaxError(document) ? document : structuredClone(document.root);
};

describe('withSettings', () => {
  const FIRST = settings({
    'database.url': 'sqlite:/var/lib/kms/é "x" \\ kms.db',
    'database.password': 'a\u007fb\n',
    'rotation.first_deadline': 'offset',
    'rotation.rotate_key_encryption_key': false,
  });

  it('makes a new file, each setting below its table and with a comment', () => {
    const text = withSettings('', FIRST);
    assert.deepEqual(rootOf(text), {
      database: { url: 'sqlite:/var/lib/kms/é "x" \\ kms.db', password: 'a\u007fb\n' },
      rotation: { first_deadline: 'offset', rotate_key_encryption_key: false },
    });
    assert.match(text, /^# .*\n\n\[database\]\n# the key store.*\nurl = .*\n# the password/);
  });

  it('writes durations with their units, also in a list', () => {
    const text = withSettings('', settings({ 'notify.remind_after': [86_400, 90_000] }));
    assert.deepEqual(rootOf(text), { notify: { remind_after: ['1d', '25h'] } });
  });

  it('changes nothing if the settings are there already', () => {
    const text = withSettings('', FIRST);
    assert.equal(withSettings(text, FIRST), text);
  });

  it('leaves comments, other settings and their order as they are', () => {
    const text = `# mine
[log]
level = "warn" # quiet

[database]  # the store
url = 'sqlite:old.db'   # since 2025

[warnings]
before_days = [
  30,
  7, # and
]`;
    const changed = withSettings(
      text,
      settings({ 'database.url': 'sqlite:new.db', 'rotation.first_deadline': 'offset' }),
    );
    assert.equal(
      changed,
      `${text.replace(`'sqlite:old.db'`, '"sqlite:new.db"')}

[rotation]
# how the first deadline is computed; "offset+interval" as a server of 5.25 or later does
first_deadline = "offset"
`,
    );
    const added = withSettings(text, settings({ 'database.password': 'x' }));
    assert.match(
      added,
      /\[database\] {2}# the store\nurl = .* {3}# since 2025\n# the password.*\npassword = "x"\n\n/,
    );
  });

  it('says what to write by hand where a setting cannot be added safely', () => {
    for (const text of ['database = { password = "x" }\n', 'database = 1\n', 'database = \n']) {
      assert.throws(
        () => withSettings(text, settings({ 'database.url': 'sqlite:new.db' })),
        (error) =>
          error instanceof KmsError &&
          error.reason === 'InvalidConfiguration' &&
          (error.hint ?? '').includes('database.url = "sqlite:new.db"'),
        text,
      );
    }
  });

  it('shows no secret then', () => {
    for (const [name, value, shown] of [
      ['database.password', 'hunter2', 'write database.password into it'],
      ['database.url', 'mysql://kms:hunter2@db/kms', 'database.url = "mysql://kms:***@db/kms"'],
    ] as const) {
      assert.throws(
        () => withSettings('database = 1\n', settings({ [name]: value })),
        (error) => {
          assert.ok(error instanceof KmsError);
          assert.ok(error.hint?.includes(shown), error.hint ?? '');
          return !`${error.message}${error.hint}`.includes('hunter2');
        },
      );
    }
  });

  it('adds a table of its own where only a table below it exists', () => {
    const text = '[rotation.later]\nx = 1\n';
    const changed = withSettings(text, settings({ 'rotation.first_deadline': 'offset' }));
    assert.ok(changed.startsWith(`${text}\n[rotation]\n# `), changed);
  });
});
