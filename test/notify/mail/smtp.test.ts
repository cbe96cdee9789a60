// Mail through a real SMTP server: both forms of TLS, a verified certificate, and what each failure means.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { makeAuthority } from '../../support/certificates.js';
import { smtpSender } from '../../../src/notify/mail/smtp.js';
import type { SmtpServer } from '../../../src/notify/mail/smtp-server.js';
import type { KmsEvent } from '../../../src/report/events.js';
import { failure, oneOfEach, rotated } from '../../support/events.js';
import { startMailServer, type MailServer } from '../../support/mail-server.js';

const PASSWORD = 'Zug5pitze-geheim';

describe('mail by SMTP', () => {
  const running: MailServer[] = [];

  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
  });

  async function started(...options: Parameters<typeof startMailServer>): Promise<MailServer> {
    const server = await startMailServer(...options);
    running.push(server);
    return server;
  }

  function send(
    { port, caFile }: MailServer,
    changes: Partial<SmtpServer> = {},
    events: readonly KmsEvent[] = [rotated()],
  ) {
    const server: SmtpServer = {
      host: 'localhost',
      name: null,
      port,
      security: 'starttls',
      credentials: null,
      from: 'kms@example.org',
      ca: readFileSync(caFile, 'utf8'),
      timeoutSeconds: 5,
      ...changes,
    };
    const message = { id: '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01', attempt: 1, events };
    return smtpSender(server, 'ops@example.org')(message, AbortSignal.timeout(10_000));
  }

  it('is one digest of all events, in text and HTML, with the idempotency key as Message-ID', async () => {
    const server = await started();
    const events = oneOfEach();
    assert.deepEqual(await send(server, {}, events), { kind: 'accepted' });
    const [mail, ...others] = server.mails;
    assert.equal(others.length, 0);
    assert.deepEqual([mail?.to, mail?.from], [['ops@example.org'], 'kms@example.org']);
    assert.match(mail!.text, /^Message-ID: <6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01@example\.org>/m);
    assert.match(mail!.text, /^Subject: \[kms\] runs are missing, 1 failed, 1 deadline/m);
    assert.match(mail!.text, /^Content-Type: text\/plain/m);
    assert.match(mail!.text, /^Content-Type: text\/html/m);
    assert.match(
      mail!.text,
      /^failed +key-1 +ops@example\.org +WrappingCycle: it wraps itself; look/m,
    );
    assert.match(mail!.text, /<td align="left">due in 7 days<\/td>/);
  });

  for (const security of ['starttls', 'tls'] as const) {
    it(`is encrypted with ${security}`, async () => {
      const server = await started({ secure: security === 'tls' });
      assert.deepEqual(await send(server, { security }), { kind: 'accepted' });
      assert.deepEqual(
        server.mails.map(({ isEncrypted }) => isEncrypted),
        [true],
      );
    });

    it(`is not sent with ${security} to a server whose certificate is not trusted`, async () => {
      const server = await started({ secure: security === 'tls' });
      const ca = readFileSync(makeAuthority('another').cert, 'utf8');
      const attempt = await send(server, { security, ca });
      assert.ok(attempt.kind === 'failed' && attempt.unavailable);
      assert.match(attempt.error, /certificate/);
      assert.deepEqual(server.mails, []);
    });

    it(`is not sent with ${security} to a server whose certificate names another host`, async () => {
      const server = await started({ secure: security === 'tls', names: 'DNS:other.example' });
      const attempt = await send(server, { security });
      assert.ok(attempt.kind === 'failed' && attempt.unavailable);
      assert.deepEqual(server.mails, []);
    });
  }

  it('is not sent in clear, nor is the password, if the server offers no TLS', async () => {
    const server = await started({ startTls: false, password: PASSWORD });
    const credentials = { username: 'kms', password: PASSWORD };
    const attempt = await send(server, { credentials });
    assert.ok(attempt.kind === 'failed' && attempt.unavailable);
    assert.deepEqual(server.mails, []);
  });

  for (const [security, other] of [
    ['tls', 'starttls'],
    ['starttls', 'tls'],
  ] as const) {
    it(`says to set ${other} where ${security} is set and the port speaks the other`, async () => {
      const server = await started({ secure: other === 'tls' });
      const attempt = await send(server, { security, timeoutSeconds: 1 });
      assert.ok(attempt.kind === 'failed' && attempt.unavailable);
      assert.match(attempt.error, new RegExp(`set notify.smtp.security to "${other}"`));
    });
  }

  it('logs in', async () => {
    const server = await started({ password: PASSWORD });
    const credentials = { username: 'kms', password: PASSWORD };
    assert.deepEqual(await send(server, { credentials }), { kind: 'accepted' });
    assert.deepEqual(
      server.mails.map(({ user }) => user),
      ['kms'],
    );
  });

  it('is retried after a wrong password, which no error shows even if the server repeats it', async () => {
    const server = await started({ password: 'another' });
    const credentials = { username: 'kms', password: PASSWORD };
    const attempt = await send(server, { credentials });
    assert.ok(attempt.kind === 'failed' && attempt.unavailable);
    assert.match(attempt.error, /535/);
    assert.ok(!attempt.error.includes(PASSWORD), attempt.error);
  });

  it('is given up if the recipient is refused permanently (5xx), and retried if temporarily (4xx)', async () => {
    const forGood = await send(await started({ refuseWith: 550 }));
    assert.equal(forGood.kind, 'refused');
    const forNow = await send(await started({ refuseWith: 450 }));
    assert.ok(forNow.kind === 'failed' && !forNow.unavailable);
  });

  it('fails without throwing if there is no server', async () => {
    const server = await started();
    await server.close();
    running.pop();
    const attempt = await send(server);
    assert.ok(attempt.kind === 'failed' && attempt.unavailable);
    assert.match(attempt.error, /ECONNREFUSED/);
  });

  it('cannot be injected with headers or markup by a uid', async () => {
    const server = await started();
    const uid = 'a\r\nBcc: x@example.org\r\n\r\n<script>alert(1)</script>\u001b[31m';
    await send(server, {}, [failure({ uid })]);
    const { text, to } = server.mails[0]!;
    assert.deepEqual(to, ['ops@example.org']);
    assert.ok(!/^Bcc:/m.test(text));
    assert.ok(!text.includes('\u001b'));
    assert.ok(text.includes('&lt;script&gt;'));
  });

  it('stops when the signal aborts', async () => {
    const server = await started();
    const sender = smtpSender(
      {
        ...{
          host: 'localhost',
          name: null,
          port: server.port,
          security: 'starttls',
          credentials: null,
        },
        ...{ from: 'kms@example.org', ca: null, timeoutSeconds: 5 },
      },
      'ops@example.org',
    );
    const message = { id: 'one', attempt: 1, events: [rotated()] };
    const attempt = await sender(message, AbortSignal.abort());
    assert.equal(attempt.kind, 'failed');
    assert.deepEqual(server.mails, []);
  });
});
