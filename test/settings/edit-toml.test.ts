// Settings written into a kms.toml: a new one is sound, one that is there keeps all that is not spoken of.
import assert from 'node:assert/strict';
import { parse } from 'smol-toml';
import { KmsError } from '../../src/errors.js';
import { withSettings } from '../../src/settings/edit-toml.js';
import type { SettingName } from '../../src/settings/settings.js';

const settings = (entries: Readonly<Partial<Record<SettingName, unknown>>>) =>
  new Map(Object.entries(entries) as [SettingName, unknown][]);

describe('settings in a kms.toml', () => {
  const FIRST = settings({
    'database.url': 'sqlite:/var/lib/kms/é "x" \\ kms.db',
    'database.password': 'a\u007fb\n',
    'rotation.first_deadline': 'offset',
    'rotation.rotate_key_encryption_key': false,
  });

  it('make a new file, each below its table and with a comment', () => {
    const text = withSettings('', FIRST);
    assert.deepEqual(JSON.parse(JSON.stringify(parse(text))), {
      database: { url: 'sqlite:/var/lib/kms/é "x" \\ kms.db', password: 'a\u007fb\n' },
      rotation: { first_deadline: 'offset', rotate_key_encryption_key: false },
    });
    assert.match(text, /^# .*\n\n\[database\]\n# the password/);
  });

  it('change nothing if they are there already', () => {
    const text = withSettings('', FIRST);
    assert.equal(withSettings(text, FIRST), text);
  });

  it('leave comments, other settings and their order as they are', () => {
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
# how the first deadline is reckoned; "offset+interval" as a server of 5.25 or later does
first_deadline = "offset"
`,
    );
    const added = withSettings(text, settings({ 'database.password': 'x' }));
    assert.match(added, /\[database\] {2}# the store\n# the password.*\npassword = "x"\nurl = /);
  });

  it('are refused, with what is to be written by hand, where they cannot be put in safely', () => {
    for (const text of [
      'database = { url = "x" }\n',
      '[database]\nurl = """\nx"""\n',
      'database.url = """x"""\n',
      'database = 1\n',
    ]) {
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

  it('come below a table of their own where there is only one below it', () => {
    const text = '[rotation.later]\nx = 1\n';
    const changed = withSettings(text, settings({ 'rotation.first_deadline': 'offset' }));
    assert.ok(changed.startsWith(`${text}\n[rotation]\n# `), changed);
  });

  it('are put into dotted names too', () => {
    const text = 'database.url = "x"\n';
    const changed = withSettings(text, settings({ 'database.url': 'y' }));
    assert.equal(changed, 'database.url = "y"\n');
  });
});
