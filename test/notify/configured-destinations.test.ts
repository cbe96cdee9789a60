// The destinations that the configuration names. What is wrong with one is its problem alone, told without a secret; what
// is unknown or of another type ends the command.
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

const fullText = ({ message, hint }: KmsError) => `${message} ${hint ?? ''}`;

/** What is wrong with a configuration, and how many of its destinations can be used and wait. */
function problemsIn(toml: string) {
  const { usable, waiting, problems } = destinations(toml);
  const texts = problems.map(({ destination, error }) => `${destination}: ${fullText(error)}`);
  return { texts, usable: usable.length, waiting: waiting.map(({ name }) => name) };
}

describe('the configured destinations', () => {
  it('are none without recipients and webhooks', () => {
    const none = { usable: [], waiting: [], problems: [] };
    assert.deepEqual(destinations(''), none);
    assert.deepEqual(destinations(SMTP), none);
  });

  it('take all that waits as one message, hooks and machines aside, unless the setting says otherwise', () => {
    const of = (digest: string) =>
      destinations(`${digest}${SMTP}
        [[notify.recipients]]
        address = "ops@example.org"
        [[notify.webhooks]]
        name = "siem"
        url = "https://siem.example.org/hook"`).usable.map((one) => one.digest);
    assert.deepEqual(of(''), [true, false]);
    assert.deepEqual(of('[notify]\ndigest = false\n'), [false, false]);
  });

  it('are one for each mail address, whatever its number of entries, and one for each webhook', () => {
    const { usable: found } = destinations(`${SMTP}
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
    const { usable: found } = destinations(`[[notify.webhooks]]
      url_file = "${url}"
      secret_file = "${path}"`);
    assert.equal(found.length, 1);
  });

  it('can come from the environment', () => {
    const env = { KMS_NOTIFY_WEBHOOKS: '[{ name = "a", url = "http://a.example/" }]' };
    assert.deepEqual(
      destinations('', env).usable.map(({ name }) => name),
      ['webhook a'],
    );
  });

  const MAIL = '[[notify.recipients]]\naddress = "a@b"\n';
  const HOOK = '[[notify.webhooks]]\nname = "a"\n';
  const URL = 'url = "http://a/geheim"\n';
  const PEM = fileOf('nonsense');
  const misused: readonly (readonly [
    why: string,
    toml: string,
    problem: RegExp,
    waiting?: string,
  ])[] = [
    [
      'no mail server',
      `[notify.smtp]\nfrom = "a@b"\n${MAIL}`,
      /mail: .*notify\.smtp\.host is not set/,
      'mail a@b',
    ],
    [
      'no sender',
      `[notify.smtp]\nhost = "h"\n${MAIL}`,
      /notify\.smtp\.from is not set/,
      'mail a@b',
    ],
    ['a user name alone', `${SMTP}username = "u"\n${MAIL}`, /belong together/, 'mail a@b'],
    ['a password alone', `${SMTP}password = "geheim"\n${MAIL}`, /belong together/, 'mail a@b'],
    ['a port of none', `${SMTP}port = 99999\n${MAIL}`, /port must be .* 65535/, 'mail a@b'],
    ['port 0', `${SMTP}port = 0\n${MAIL}`, /port must be/, 'mail a@b'],
    ['a sender of none', `${SMTP.replace('kms@', '')}${MAIL}`, /from must be a mail/, 'mail a@b'],
    ['a host with a port', `${SMTP.replace('.org', '.org:25')}${MAIL}`, /host alone/, 'mail a@b'],
    ['an empty host', `${SMTP.replace('mail.example.org', '')}${MAIL}`, /host alone/, 'mail a@b'],
    ['a missing ca_file', `${SMTP}ca_file = "/none"\n${MAIL}`, /ca_file \/none cannot/, 'mail a@b'],
    ['a useless ca_file', `${SMTP}ca_file = "${PEM}"\n${MAIL}`, /no certificate/, 'mail a@b'],
    ['more than 60 s for mail', `${SMTP}timeout = "2m"\n${MAIL}`, /1s to 60s/, 'mail a@b'],
    ['no time for mail', `${SMTP}timeout = 0\n${MAIL}`, /1s to 60s/, 'mail a@b'],
    ['a mail server that nobody uses', `${SMTP}ca_file = "/none"`, /ca_file/],
    ['no mail address', `${SMTP}${MAIL.replace('a@b', 'nobody')}`, /must be a mail address/],
    ['a person', `${SMTP}${MAIL.replace('a@b', 'Bob <a@b>')}`, /must be a mail address alone/],
    ['two addresses', `${SMTP}${MAIL.replace('a@b', 'a@b,c@d')}`, /must be a mail address alone/],
    ['a recipient without one', `${SMTP}[[notify.recipients]]\nowner = "o"`, /has no address/],
    ['a filter of nobody', `${SMTP}${MAIL}owner = ""`, /owner must be/],
    ['no URL', HOOK, /webhook a: .*has no url/, 'webhook a'],
    ['no http URL', `${HOOK}url = "ftp://a/geheim"`, /an http or https/, 'webhook a'],
    ['no URL at all', `${HOOK}url = "a/geheim"`, /kms.toml:3: .*an http or https/, 'webhook a'],
    ['a URL twice', `${HOOK}${URL}url_file = "/x"`, /given twice/, 'webhook a'],
    ['a missing URL', `${HOOK}url_file = "/none"`, /cannot be read/, 'webhook a'],
    ['an odd URL in a file', `${HOOK}url_file = "${PEM}"`, /in its file, must be/, 'webhook a'],
    ['a malformed secret', `${HOOK}${URL}secret = "geheim"`, /base64/, 'webhook a'],
    [
      'a secret twice',
      `${HOOK}${URL}secret = "${SECRET}"\nsecret_file = "/x"`,
      /twice/,
      'webhook a',
    ],
    ['a missing secret', `${HOOK}${URL}secret_file = "/none"`, /cannot be read/, 'webhook a'],
    ['a malformed secret in a file', `${HOOK}${URL}secret_file = "${PEM}"`, /base64/, 'webhook a'],
    ['a useless ca_file of a webhook', `${HOOK}${URL}ca_file = "${PEM}"`, /no cert/, 'webhook a'],
    ['more than 60 s for a webhook', `${HOOK}${URL}timeout = "5m"`, /1s to 60s/, 'webhook a'],
    ['an odd name', `${HOOK.replace('a"', 'Mein Kanal"')}${URL}`, /must be 1 to 64 letters/],
    ['more than 60 s for hooks', hook('timeout = "90s"\n'), /hooks: .*60s/, 'hook on_failed'],
    ['no hooks at once', hook('concurrency = 0\n'), /concurrency must be/, 'hook on_failed'],
    ['an empty hook', '[hooks]\non_failed = [""]', /hook on_failed: .*executable/],
    ['a missing hook', '[hooks]\non_failed = "/none"', /\/none is not there/, 'hook on_failed'],
  ];
  for (const [why, toml, problem, waiting] of misused) {
    it(`are not used for ${why}, which is told without a secret`, () => {
      const found = problemsIn(toml);
      assert.equal(found.texts.length, 1, found.texts.join('\n'));
      assert.match(found.texts[0] ?? '', problem);
      assert.ok(!/geheim|whsec_Mf/.test(found.texts.join()));
      assert.deepEqual([found.usable, found.waiting], [0, waiting === undefined ? [] : [waiting]]);
    });
  }

  it('leave the others as they are when one cannot be used', () => {
    const others = `${HOOK}${URL}[[notify.webhooks]]\nname = "A"\nurl = "http://b/"\n`;
    const toml = `${SMTP}${MAIL}[[notify.recipients]]\naddress = "x"\n${others}[hooks]\non_failed = "/none"`;
    const { usable, problems } = destinations(toml);
    assert.deepEqual(
      usable.map(({ name }) => name),
      ['mail a@b', 'webhook a'],
    );
    assert.deepEqual(
      problems.map(({ destination }) => destination),
      ['mail', 'webhook a', 'hook on_failed'],
    );
    assert.match(problems[1]?.error.message ?? '', /two have the name webhook a/);
  });

  it('take variables like the file: a secret that cannot be read is the mail’s problem', () => {
    const env = { KMS_NOTIFY_SMTP_PASSWORD_FILE: '/none' };
    const { problems } = destinations(`${SMTP}username = "u"\n${MAIL}`, env);
    assert.deepEqual(
      problems.map(({ error }) => error.message),
      ['the file that KMS_NOTIFY_SMTP_PASSWORD_FILE names cannot be read'],
    );
  });

  for (const [why, toml, complaint] of [
    ['an unknown event', `${HOOK}${URL}events = ["rotate"]`, /"rotated", "failed"/],
    ['an unknown member', `${HOOK}${URL}secrets = "geheim"`, /did you mean secret\?/],
    ['a port that is no number', `${SMTP}port = "25"`, /whole number/],
    ['a time without a unit', `${SMTP}timeout = 10`, /duration/],
    ['a hook that is no text', '[hooks]\non_failed = 1', /executable/],
  ] as const) {
    it(`end the command for ${why}`, () => {
      const named = (error: unknown) =>
        error instanceof KmsError &&
        error.reason === 'InvalidConfiguration' &&
        complaint.test(fullText(error)) &&
        !fullText(error).includes('geheim');
      assert.throws(() => destinations(toml), named);
    });
  }
});

function hook(settings: string): string {
  return `[hooks]\non_failed = "/bin/true"\n${settings}`;
}

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, text);
  return path;
}
