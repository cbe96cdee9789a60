// Webhooks to a real HTTP server: what is sent, how it is signed, and what each response means.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { Message } from '../../../src/notify/destination.js';
import { webhookSender, type Webhook } from '../../../src/notify/webhooks/webhook.js';
import { signingKeyOf } from '../../../src/settings/kinds/receivers.js';
import { makeAuthority } from '../../support/certificates.js';
import { mended, oneOfEach, rotated, warning, failure } from '../../support/events.js';
import { listen, startReceiver, stop, type Answer, type Receiver } from '../../support/receiver.js';
import { JANUARY } from '../../support/symmetric-keys.js';

/** The example in the Standard Webhooks specification. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('a webhook', () => {
  const running: Receiver[] = [];

  afterEach(async () => {
    for (const receiver of running.splice(0)) await receiver.close();
  });

  async function started(answer?: Parameters<typeof startReceiver>[0]): Promise<Receiver> {
    const receiver = await startReceiver(answer);
    running.push(receiver);
    return receiver;
  }

  function sender(url: string, changes: Partial<Webhook> = {}) {
    const webhook: Webhook = {
      url: new URL(url),
      signingKey: null,
      token: null,
      format: 'cloudevents',
      ca: null,
      ...changes,
    };
    const send = webhookSender(webhook, { now: () => JANUARY, cadenceSeconds: null });
    return (message: Message, signal = AbortSignal.timeout(5000)) => send(message, signal);
  }

  const aMessage = (changes: Partial<Message> = {}): Message => {
    const event = rotated();
    return { id: event.id, attempt: 1, events: [event], ...changes };
  };

  async function answered(answer: Answer) {
    const receiver = await started(() => answer);
    return sender(receiver.url)(aMessage());
  }

  for (const [what, login, token, format, sent] of [
    ['user and password of the URL', 'kms:s%40cret@', null, 'raw', 'Basic a21zOnNAY3JldA=='],
    ['a user alone', 'kms@', null, 'raw', 'Basic a21zOg=='],
    ['a token', '', 'abc', 'raw', 'Bearer abc'],
    ['no routing key of PagerDuty', '', 'abc', 'pagerduty', undefined],
    ['nothing', '', null, 'raw', undefined],
  ] as const) {
    it(`logs in with ${what}`, async () => {
      const receiver = await started();
      const url = receiver.url.replace('//', `//${login}`);
      await sender(url, { token, format })(aMessage());
      assert.equal(receiver.received[0]?.headers.authorization, sent);
    });
  }

  it('says which variable names no proxy, and may succeed later', async () => {
    process.env['http_proxy'] = 'socks5://localhost';
    try {
      const result = await sender('http://receiver.example/')(aMessage());
      assert.ok(result.kind === 'failed' && result.unavailable);
      assert.match(result.error, /^http_proxy names a proxy of socks5:/);
    } finally {
      delete process.env['http_proxy'];
    }
  });

  it('posts the event as CloudEvents 1.0 in structured mode', async () => {
    const receiver = await started();
    const message = aMessage();
    assert.deepEqual(await sender(receiver.url)(message), { kind: 'accepted' });
    const [got] = receiver.received;
    assert.equal(got?.headers['content-type'], 'application/cloudevents+json; charset=utf-8');
    assert.deepEqual(JSON.parse(got.body), message.events[0]);
  });

  it('signs id, timestamp and body with HMAC-SHA256 (Standard Webhooks)', async () => {
    const receiver = await started();
    const message = aMessage();
    await sender(receiver.url, { signingKey: signingKeyOf(SECRET) })(message);
    const { headers, body } = receiver.received[0]!;
    assert.equal(headers['webhook-id'], message.id);
    assert.equal(headers['webhook-timestamp'], String(JANUARY));
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
    const signed = createHmac('sha256', key).update(`${message.id}.${JANUARY}.${body}`);
    assert.equal(headers['webhook-signature'], `v1,${signed.digest('base64')}`);
  });

  it('has the same id in every attempt, signed or not', async () => {
    const receiver = await started(() => ({ status: 500 }));
    const send = sender(receiver.url);
    const message = aMessage();
    await send(message);
    await send({ ...message, attempt: 2 });
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual(ids, [message.id, message.id]);
  });

  for (const status of [200, 201, 202, 204]) {
    it(`is accepted by ${status}`, async () => {
      assert.deepEqual(await answered({ status }), { kind: 'accepted' });
    });
  }

  for (const status of [400, 401, 403, 404, 410, 413, 422]) {
    it(`is given up after ${status}`, async () => {
      assert.deepEqual(await answered({ status }), { kind: 'refused', error: `HTTP ${status}` });
    });
  }

  for (const status of [500, 502, 504]) {
    it(`is retried after ${status}`, async () => {
      const expected = { error: `HTTP ${status}`, retryAfterSeconds: null, unavailable: false };
      assert.deepEqual(await answered({ status }), { kind: 'failed', ...expected });
    });
  }

  for (const status of [429, 503]) {
    it(`waits after ${status} as long as Retry-After says, in seconds or as a date`, async () => {
      const seconds = await answered({ status, headers: { 'retry-after': '120' } });
      const expected = { kind: 'failed', error: `HTTP ${status}`, unavailable: true } as const;
      assert.deepEqual(seconds, { ...expected, retryAfterSeconds: 120 });
      const date = new Date((JANUARY + 300) * 1000).toUTCString();
      const until = await answered({ status, headers: { 'retry-after': date } });
      assert.deepEqual(until, { ...expected, retryAfterSeconds: 300 });
      const nonsense = await answered({ status, headers: { 'retry-after': '-7' } });
      assert.deepEqual(nonsense, { ...expected, retryAfterSeconds: null });
    });
  }

  it('follows no redirect', async () => {
    const target = await started();
    const attempt = await answered({ status: 307, headers: { location: target.url } });
    assert.equal(attempt.kind, 'refused');
    assert.deepEqual(target.received, []);
  });

  it('fails without naming the URL if nobody listens', async () => {
    const receiver = await started();
    await receiver.close();
    running.pop();
    const attempt = await sender(`${receiver.url}secret-path`)(aMessage());
    const error = 'it cannot be reached (ECONNREFUSED)';
    assert.deepEqual(attempt, {
      kind: 'failed',
      error,
      retryAfterSeconds: null,
      unavailable: true,
    });
  });

  it('stops when the signal aborts', async () => {
    const receiver = await started(() => null);
    const attempt = await sender(receiver.url)(aMessage(), AbortSignal.timeout(50));
    assert.equal(attempt.kind, 'failed');
  });

  it('verifies the certificate of the receiver', async () => {
    const authority = makeAuthority('web authority');
    const { cert, key } = authority.sign('localhost');
    const server = createTlsServer(
      { cert: readFileSync(cert), key: readFileSync(key) },
      (request, response) => {
        request.resume().on('end', () => response.writeHead(204).end());
      },
    );
    const url = (await listen(server)).replace('http://127.0.0.1', 'https://localhost');
    try {
      const ca = readFileSync(authority.cert, 'utf8');
      assert.deepEqual(await sender(url, { ca })(aMessage()), { kind: 'accepted' });
      const distrusted = await sender(url)(aMessage());
      assert.ok(distrusted.kind === 'failed');
      assert.match(distrusted.error, /CERT|ISSUER|SIGNATURE/);
    } finally {
      await stop(server);
    }
  });

  it('goes through the proxy that the environment names', async () => {
    const receiver = await started();
    const through: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket, head) => {
      through.push(request.url ?? '');
      const [host = '', port] = (request.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    const proxyUrl = await listen(proxy);
    const saved = process.env['http_proxy'];
    process.env['http_proxy'] = proxyUrl;
    try {
      assert.deepEqual(await sender(receiver.url)(aMessage()), { kind: 'accepted' });
      assert.equal(receiver.received.length, 1);
      assert.deepEqual(through, [new URL(receiver.url).host]);
    } finally {
      if (saved === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = saved;
      proxy.close();
      await receiver.close();
      running.pop();
      await once(proxy, 'close');
    }
  });

  it('is one message in Slack’s form, with markup escaped', async () => {
    const receiver = await started();
    const events = [...oneOfEach(), failure({ uid: '<!channel> & co' })];
    await sender(receiver.url, { format: 'slack' })(aMessage({ events }));
    const { text } = JSON.parse(receiver.received[0]!.body) as { text: string };
    assert.match(text, /^\*kms\*: runs are missing, 2 failed, 1 deadline is near/);
    assert.match(text, /• failed: &lt;!channel&gt; &amp; co WrappingCycle/);
    assert.match(text, /• rotated: key-1 replaced by key-1@1/);
  });

  it('is truncated in Slack’s form if a run rotated thousands', async () => {
    const receiver = await started();
    const events = Array.from({ length: 3000 }, (_, index) => rotated({ uid: `key-${index}` }));
    await sender(receiver.url, { format: 'slack' })(aMessage({ events }));
    const { text } = JSON.parse(receiver.received[0]!.body) as { text: string };
    assert.match(text, /^\*kms\*: 3000 rotated/);
    assert.match(text, /and 2960 more$/);
    assert.ok(text.length < 10_000);
  });

  it('fires alerts for Alertmanager, which a rotation resolves by the same labels', async () => {
    const receiver = await started();
    const events = [failure(), warning(), rotated(), mended()];
    await sender(receiver.url, { format: 'alertmanager' })(aMessage({ events }));
    interface Alert {
      labels: Record<string, string>;
      startsAt: string;
      endsAt: string;
    }
    const alerts = JSON.parse(receiver.received[0]!.body) as Alert[];
    const firing = alerts.filter(({ startsAt, endsAt }) => endsAt > startsAt);
    const resolved = alerts.filter(({ startsAt, endsAt }) => endsAt === startsAt);
    assert.deepEqual(
      firing.map(({ labels }) => labels),
      [
        {
          alertname: 'KmsRotationFailed',
          severity: 'critical',
          store: 'test-store',
          uid: 'key-1',
          owner: 'ops@example.org',
        },
        {
          alertname: 'KmsRotationDue',
          severity: 'warning',
          store: 'test-store',
          uid: 'key-1',
          owner: 'ops@example.org',
        },
      ],
    );
    for (const { labels } of firing) {
      assert.ok(resolved.some((alert) => JSON.stringify(alert.labels) === JSON.stringify(labels)));
    }
  });
});
