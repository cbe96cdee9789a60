// `kms config check --connect` against a real mail server, webhook and collector: what each failure is called and ends with,
// and that nothing is delivered.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ConfigCheck from '../../src/commands/config/check.js';
import { runJson } from '../support/command.js';
import { valid } from '../support/documents.js';
import { startMailServer } from '../support/mail-server.js';
import { startCollector } from '../support/otlp.js';
import { startReceiver } from '../support/receiver.js';
import { newStorePath, storeWith } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';

async function checked(store: string, toml: string) {
  const path = join(temporaryFolder(), 'kms.toml');
  writeFileSync(path, toml, { mode: 0o600 });
  const argv = ['--connect', '--config', path];
  const { exitCode, document } = await runJson(ConfigCheck, store, argv);
  const { connections, warnings } = valid('config-check', document);
  assert.ok(connections !== null);
  const said = connections.map(({ name, error }) => [name, error] as const);
  return { exitCode, said: new Map(said), warnings };
}

describe('kms config check --connect', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    Reflect.deleteProperty(process.env, ENDPOINT);
    for (const close of closing.splice(0)) await close();
  });

  async function opened<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const server = await starting;
    closing.push(() => server.close());
    return server;
  }

  it('greets, encrypts and logs in everywhere, and delivers nothing', async () => {
    const mail = await opened(startMailServer({ password: 'p' }));
    const webhook = await opened(startReceiver(() => ({ status: 405 })));
    const service = await opened(startReceiver());
    const collector = await opened(startCollector());
    process.env[ENDPOINT] = collector.url;
    const { exitCode, said } = await checked(
      await newStorePath(),
      `store.name = "s"
       notify.smtp = { host = "localhost", port = ${mail.port}, from = "k@b.c", ca_file = "${mail.caFile}", username = "u", password = "p" }
       notify.recipients = [{ address = "a@b.c" }, { address = "d@b.c" }]
       notify.webhooks = [{ name = "w", url = "${webhook.url}", token = "t" }]
       notify.heartbeat.url = "${service.url}ping/secret?create=1"
       hooks.on_failed = "/bin/true"`,
    );
    const mailServer = `mail server localhost:${mail.port}`;
    const names = ['store s', mailServer, 'webhook w', 'heartbeat', 'collector'];
    assert.deepEqual(
      [...said],
      names.map((name) => [name, null]),
    );
    assert.equal(exitCode, 0);
    assert.deepEqual(mail.mails, []);
    const [asked, ...more] = webhook.received;
    const { method, body, headers } = asked!;
    assert.deepEqual([method, body, headers.authorization, more], ['HEAD', '', 'Bearer t', []]);
    const asking = service.received.map((one) => `${one.method} ${one.path}`);
    assert.deepEqual(asking, ['HEAD /'], 'a request to the URL itself would be a call');
    const sent = collector.requests.map(({ path, json }) => [path, json]);
    assert.deepEqual(
      new Map(sent as [string, unknown][]),
      new Map([
        [
          '/v1/metrics',
          {
            resourceMetrics: [
              { resource: { attributes: [], droppedAttributesCount: 0 }, scopeMetrics: [] },
            ],
          },
        ],
        ['/v1/traces', { resourceSpans: [] }],
      ]),
    );
  });

  const mailTo = (port: number, caFile: string) =>
    `notify.smtp = { host = "localhost", port = ${port}, from = "k@b.c", ca_file = "${caFile}", username = "u", password = "x", timeout = "2s" }
     notify.recipients = [{ address = "a@b.c" }]`;

  for (const [what, options, expected] of [
    ['a login that is refused', { password: 'p' }, /refuses the login/],
    ['no STARTTLS', { startTls: false }, /offers no STARTTLS/],
    ['TLS from the start', { secure: true }, /does not greet|TLS/],
    ['a certificate of another host', { names: 'DNS:other' }, /not for localhost/],
  ] as const) {
    it(`ends with 6 for a mail server with ${what}`, async () => {
      const mail = await opened(startMailServer(options));
      const store = await newStorePath();
      const { exitCode, said } = await checked(store, mailTo(mail.port, mail.caFile));
      assert.equal(exitCode, 6);
      assert.match(said.get(`mail server localhost:${mail.port}`) ?? '', expected);
    });
  }

  for (const [status, code] of [
    [200, 0],
    [404, 0],
    [401, 6],
    [503, 6],
  ] as const) {
    it(`ends with ${code} for a webhook that answers ${status}`, async () => {
      const { url } = await opened(startReceiver(() => ({ status })));
      const toml = `notify.webhooks = [{ name = "w", url = "${url}" }]`;
      const { exitCode, said } = await checked(await newStorePath(), toml);
      assert.equal(exitCode, code);
      assert.equal(said.get('webhook w'), code === 0 ? null : `HTTP ${status}`);
    });
  }

  it('ends with 2 for settings, before 3 for the store, before 6 for a receiver, and says all', async () => {
    const gone = await startReceiver();
    await gone.close();
    const { url } = gone;
    const toml = `store.name = "s"\nnotify.webhooks = [{ name = "w", url = "${url}" }]`;
    const both = await checked('/none.db', toml);
    assert.equal(both.exitCode, 3);
    assert.match(both.said.get('store s') ?? '', /no file \/none\.db/);
    assert.equal(both.said.get('webhook w'), 'it cannot be reached (ECONNREFUSED)');
    const all = await checked('/none.db', `${toml}\nhooks.on_failed = "/none"`);
    assert.equal(all.exitCode, 2);
    assert.equal(all.said.size, 2);
  });

  it('says of a collector what a run would, which ends with 0 all the same', async () => {
    const collector = await opened(startCollector({ status: 401 }));
    process.env[ENDPOINT] = collector.url;
    const { exitCode, said } = await checked(await newStorePath(), '');
    assert.equal(exitCode, 0);
    assert.match(
      said.get('collector') ?? '',
      /^metrics could not be sent: the collector answered 401/,
    );
  });

  for (const [kek, isSaid] of [
    ['kek', false],
    ['none', false],
    ['hsm::0::kek', false],
    ['kekk', true],
  ] as const) {
    it(`${isSaid ? 'warns' : 'does not warn'} of the key encryption key ${kek}`, async () => {
      const store = await storeWith([aSymmetricKey({ uid: 'kek' })]);
      const { warnings, exitCode } = await checked(store, `rotation.key_encryption_key = "${kek}"`);
      assert.equal(exitCode, 0);
      assert.equal(
        warnings.some((text) => text.includes(`key_encryption_key is "${kek}"`)),
        isSaid,
      );
    });
  }
});
