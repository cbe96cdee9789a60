// The heartbeat: where it is called, what each answer means, and that its URL is shown nowhere.
import assert from 'node:assert/strict';
import { heartbeatOf, heartbeatProblems, type Beat } from '../../src/notify/heartbeat.js';
import { startReceiver, type Answer } from '../support/receiver.js';
import { JANUARY } from '../support/symmetric-keys.js';

const RUN = '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01';

const settingsFor = (url: string, caFile: string | null = null) => ({
  flaws: [],
  heartbeat: { url, caFile, timeoutSeconds: 1 },
});

function heartbeatAt(url: string) {
  const errors: unknown[] = [];
  const onUnexpected = (error: unknown) => errors.push(error);
  const heartbeat = heartbeatOf(settingsFor(url), { runId: RUN, now: () => JANUARY, onUnexpected });
  return { heartbeat: heartbeat!, errors };
}

async function called(path: string, when: Beat, answer: Answer | null = { status: 200 }) {
  const receiver = await startReceiver(() => answer);
  try {
    const { heartbeat, errors } = heartbeatAt(new URL(path, receiver.url).href);
    const result = await heartbeat.call(when);
    assert.deepEqual(errors, []);
    return { result, received: receiver.received };
  } finally {
    await receiver.close();
  }
}

describe('the heartbeat', () => {
  for (const [path, when, expected] of [
    ['/ping/uuid', 'start', `/ping/uuid/start?rid=${RUN}`],
    ['/ping/uuid', 0, `/ping/uuid?rid=${RUN}`],
    ['/ping/uuid', 4, `/ping/uuid/4?rid=${RUN}`],
    ['/ping/key/slug/', 143, `/ping/key/slug/143?rid=${RUN}`],
    ['/ping/key/slug?create=1', 'start', `/ping/key/slug/start?create=1&rid=${RUN}`],
    ['/', 3, `/3?rid=${RUN}`],
  ] as const) {
    it(`is a POST to ${expected.replace(RUN, '…')} for ${when}`, async () => {
      const { result, received } = await called(path, when);
      assert.deepEqual(result, { kind: 'accepted' });
      assert.deepEqual(
        received.map((one) => [one.method, one.path, one.body]),
        [['POST', expected, '']],
      );
    });
  }

  for (const [answer, error] of [
    [{ status: 404 }, 'HTTP 404'],
    [{ status: 500 }, 'HTTP 500'],
    [{ status: 302, headers: { location: '/' } }, 'HTTP 302: redirects are not followed'],
    [null, 'no answer within 1 s'],
  ] as const) {
    it(`has failed: ${error}`, async () => {
      const { result } = await called('/secret', 0, answer);
      assert.equal(result.kind === 'accepted' ? null : result.error, error);
    });
  }

  it('cannot be used with a file of authorities that is not there, nor without a proxy that is named', () => {
    const reasons = () =>
      heartbeatProblems(settingsFor('http://host/secret', '/none')).map(
        ({ destination, error }) => `${destination}: ${error.message}`,
      );
    assert.deepEqual(reasons(), ['heartbeat: the ca_file /none cannot be read']);
    process.env['http_proxy'] = 'socks5://localhost';
    try {
      assert.equal(reasons().length, 2);
      assert.equal(heartbeatAt('http://host/secret').heartbeat, null);
    } finally {
      delete process.env['http_proxy'];
    }
  });
});
