// Who is to be notified, as the configuration names them: what is wrong with it is said before anything is done, and
// no secret with it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/settings/config.js';
import { KmsError } from '../../src/errors.js';
import { destinationsOf } from '../../src/notify/configured-destinations.js';
import { accepts } from '../../src/notify/event-filter.js';
import { failure, finished, rotated, warning, mended, aTest } from '../support/events.js';
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
  return destinationsOf(notify, { now: () => 0, onHookOutput: () => undefined });
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

describe('the destinations', () => {
  it('are none unless somebody is named', () => {
    assert.deepEqual(destinations(''), []);
    assert.deepEqual(destinations(SMTP), []);
  });

  it('are one a mail address, however many rules there are for it, and one a webhook', () => {
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
      [failure(), rotated()].map((event) => found[0]?.takes(event)),
      [true, false],
    );
  });

  it('read URL and secret from files, so that neither need stand in the configuration', () => {
    const path = join(temporaryFolder(), 'secret');
    writeFileSync(path, `${SECRET}\n`);
    const url = join(temporaryFolder(), 'url');
    writeFileSync(url, 'https://hooks.example.org/secret\n');
    const found = destinations(`[[notify.webhooks]]
      url_file = "${url}"
      secret_file = "${path}"`);
    assert.equal(found.length, 1);
  });

  it('come from the environment as well', () => {
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
      /come together/,
    ],
    ['no address', `${SMTP}[[notify.recipients]]\naddress = "nobody"`, /is not a mail address/],
    ['two addresses', `${SMTP}[[notify.recipients]]\naddress = "a@b,c@d"`, /is not a mail address/],
    ['no URL', '[[notify.webhooks]]\nname = "a"', /has no url/],
    ['a URL of another kind', '[[notify.webhooks]]\nurl = "ftp://a/geheim"', /no http or https/],
    [
      'a secret that is none',
      '[[notify.webhooks]]\nurl = "http://a/"\nsecret = "geheim"',
      /base64/,
    ],
    [
      'a secret twice',
      `[[notify.webhooks]]\nurl = "http://a/"\nsecret = "${SECRET}"\nsecret_file = "/x"`,
      /given twice/,
    ],
    [
      'a file that is not there',
      '[[notify.webhooks]]\nurl = "http://a/"\nsecret_file = "/none"',
      /cannot be read/,
    ],
    [
      'two of a name',
      '[[notify.webhooks]]\nname = "a"\nurl = "http://a/"\n[[notify.webhooks]]\nname = "A"\nurl = "http://b/"',
      /name webhook a/,
    ],
    ['a name that is none', '[[notify.webhooks]]\nname = "a b"\nurl = "http://a/"', /be a name/],
    [
      'an event that there is not',
      '[[notify.webhooks]]\nurl = "http://a/"\nevents = ["rotate"]',
      /"rotated", "failed"/,
    ],
    [
      'a member that there is not',
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

describe('a rule', () => {
  const about = [rotated(), failure(), warning(), mended()];

  it('lets everything through but the end of a run, unless that is asked for', () => {
    assert.ok(about.every((event) => accepts({}, event)));
    assert.equal(accepts({}, finished()), false);
    assert.equal(accepts({ events: ['finished'] }, finished()), true);
    assert.equal(accepts({ events: [] }, rotated()), false);
  });

  it('by owner, tag or type lets through what is about such objects alone', () => {
    for (const event of about) {
      assert.ok(accepts({ owner: 'ops@example.org', tag: 'env:prod' }, event));
      assert.ok(accepts({ objectType: 'SymmetricKey' }, event));
      assert.ok(!accepts({ owner: 'OPS@example.org' }, event));
      assert.ok(!accepts({ owner: 'ops@example.org', tag: 'env' }, event));
      assert.ok(!accepts({ objectType: 'PrivateKey' }, event));
    }
    assert.ok(!accepts({ owner: 'ops@example.org', events: ['finished'] }, finished()));
  });

  it('lets every test through', () => {
    assert.ok(accepts({ owner: 'nobody', events: ['failed'] }, aTest()));
  });
});
