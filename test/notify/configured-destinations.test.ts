// The destinations that the configuration names. Errors in it are reported before anything is done, and without a
// secret.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/settings/config.js';
import { KmsError } from '../../src/errors.js';
import { configuredDestinations } from '../../src/notify/configured-destinations.js';
import { failure, rotated } from '../support/events.js';
import { temporaryFolder } from '../support/temporary.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const SMTP = `[notify.smtp]
host = "mail.example.org"
from = "kms@example.org"
`;

function destinations(toml: string, env: Record<string, string> = {}) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'kms.toml'), toml);
  const { notify } = loadConfig({ flags: {}, env: { HOME: folder, ...env }, cwd: folder });
  return configuredDestinations(notify, { now: () => 0, onHookOutput: () => undefined });
}

function refusal(toml: string, env: Record<string, string> = {}): string {
  try {
    destinations(toml, env);
  } catch (error) {
    assert.ok(error instanceof KmsError);
    assert.equal(error.reason, 'InvalidConfiguration');
    return `${error.message} ${error.hint ?? ''}`;
  }
  throw new Error('taken');
}

describe('the configured destinations', () => {
  it('are none without recipients and webhooks', () => {
    assert.deepEqual(destinations(''), []);
    assert.deepEqual(destinations(SMTP), []);
  });

  it('are one for each mail address, whatever its number of entries, and one for each webhook', () => {
    const found = destinations(`${SMTP}
      [[notify.recipients]]
      address = "Ops@Example.org"
      events = ["failed"]
      [[notify.recipients]]
      address = "ops@example.org"
      owner = "bob"
      [[notify.webhooks]]
      name = "SIEM"
      url = "https://siem.example.org/hook"
      [[notify.webhooks]]
      url = "https://hooks.example.org/services/T0/B0/secret"
      format = "slack"`);
    const names = found.map(({ name }) => name);
    assert.deepEqual(names.slice(0, 2), ['mail ops@example.org', 'webhook siem']);
    assert.match(names[2] ?? '', /^webhook hooks\.example\.org-[0-9a-f]{8}$/);
    assert.deepEqual(
      [failure(), rotated()].map((event) => found[0]?.accepts(event)),
      [true, false],
    );
  });

  it('can read URL and secret from files', () => {
    const path = join(temporaryFolder(), 'secret');
    writeFileSync(path, `${SECRET}\n`);
    const url = join(temporaryFolder(), 'url');
    writeFileSync(url, 'https://hooks.example.org/secret\n');
    const found = destinations(`[[notify.webhooks]]
      url_file = "${url}"
      secret_file = "${path}"`);
    assert.equal(found.length, 1);
  });

  it('can come from the environment', () => {
    const env = { KMS_NOTIFY_WEBHOOKS: '[{ name = "a", url = "http://a.example/" }]' };
    assert.deepEqual(
      destinations('', env).map(({ name }) => name),
      ['webhook a'],
    );
  });

  const refused: readonly (readonly [why: string, toml: string, complaint: RegExp])[] = [
    ['no mail server', '[[notify.recipients]]\naddress = "a@b"', /notify\.smtp\.host is not set/],
    [
      'no sender',
      '[notify.smtp]\nhost = "h"\n[[notify.recipients]]\naddress = "a@b"',
      /notify\.smtp\.from is not set/,
    ],
    [
      'a user name without a password',
      `${SMTP}username = "u"\n[[notify.recipients]]\naddress = "a@b"`,
      /belong together/,
    ],
    ['no address', `${SMTP}[[notify.recipients]]\naddress = "nobody"`, /is not a mail address/],
    ['two addresses', `${SMTP}[[notify.recipients]]\naddress = "a@b,c@d"`, /is not a mail address/],
    ['no URL', '[[notify.webhooks]]\nname = "a"', /has no url/],
    [
      'a URL of another kind',
      '[[notify.webhooks]]\nurl = "ftp://a/geheim"',
      /not an http or https/,
    ],
    ['a malformed secret', '[[notify.webhooks]]\nurl = "http://a/"\nsecret = "geheim"', /base64/],
    [
      'a secret given twice',
      `[[notify.webhooks]]\nurl = "http://a/"\nsecret = "${SECRET}"\nsecret_file = "/x"`,
      /given twice/,
    ],
    [
      'a missing file',
      '[[notify.webhooks]]\nurl = "http://a/"\nsecret_file = "/none"',
      /cannot be read/,
    ],
    [
      'two webhooks with one name',
      '[[notify.webhooks]]\nname = "a"\nurl = "http://a/"\n[[notify.webhooks]]\nname = "A"\nurl = "http://b/"',
      /name webhook a/,
    ],
    ['a malformed name', '[[notify.webhooks]]\nname = "a b"\nurl = "http://a/"', /be a name/],
    [
      'an unknown event',
      '[[notify.webhooks]]\nurl = "http://a/"\nevents = ["rotate"]',
      /"rotated", "failed"/,
    ],
    [
      'an unknown member',
      '[[notify.webhooks]]\nurl = "http://a/"\nsecrets = "geheim"',
      /did you mean secret\?/,
    ],
  ];
  for (const [why, toml, complaint] of refused) {
    it(`are refused for ${why}, without a secret in the message`, () => {
      const message = refusal(toml);
      assert.match(message, complaint);
      assert.ok(!message.includes('geheim') && !message.includes(SECRET), message);
    });
  }
});
