import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { RawConnection } from '../../../src/store/connect/raw-connection.js';
import { watchForSilence } from '../../../src/store/connect/watch-for-silence.js';
import { rotateDue } from '../../../src/run.js';
import { openStore } from '../../../src/store/open.js';
import { describeEachDatabase } from '../../support/databases.js';
import { withProxy } from '../../support/proxy.js';
import { ALL, contextOf } from '../../support/run.js';
import { storeWith } from '../../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';

/** A stream of which the test says how much has come, and how it was destroyed. */
class FakeStream extends EventEmitter {
  bytesRead = 0;
  readonly destroyed = new Promise<NodeJS.ErrnoException>((resolve) => {
    this.destroy = resolve;
  });
  declare destroy: (error: NodeJS.ErrnoException) => void;
}

const watch = (isAlive: () => Promise<boolean>) => {
  const stream = new FakeStream();
  const answers: (() => void)[] = [];
  const raw = {
    query: (...args: unknown[]) => {
      answers.push(args.at(-1) as () => void);
    },
    end: () => undefined,
    on: () => undefined,
  } satisfies RawConnection;
  watchForSilence(raw, stream as unknown as Socket, 12, isAlive);
  return { raw, stream, answers };
};

/** What settles first. */
const outcome = (stream: FakeStream, other: Promise<string>) =>
  Promise.race([stream.destroyed.then(({ code }) => code), other]);

const lives = (): Promise<boolean> => Promise.resolve(true);
const asked = () => {
  let times = 0;
  let tell: (word: string) => void = () => undefined;
  const twice = new Promise<string>((resolve) => (tell = resolve));
  const isAlive = () => {
    times += 1;
    if (times === 2) tell('asked twice');
    return lives();
  };
  return { isAlive, twice };
};

describe('a server that has gone silent', () => {
  it('fails the statement at work once it lives no more', async () => {
    const { raw, stream } = watch(() => Promise.resolve(false));
    raw.query('SELECT 1', () => undefined);
    assert.equal(await outcome(stream, new Promise(() => undefined)), 'SERVER_SILENT');
    stream.emit('close');
  });

  it('is waited for as long as it lives', async () => {
    const { isAlive, twice } = asked();
    const { raw, stream } = watch(isAlive);
    raw.query('SELECT pg_sleep(3600)', () => undefined);
    assert.equal(await outcome(stream, twice), 'asked twice');
    stream.emit('close');
  });

  it('is not asked while nothing is at work, nor while answers come', async () => {
    const idle = watch(() => Promise.reject(new Error('asked')));
    const { isAlive, twice } = asked();
    const busy = watch(() => Promise.reject(new Error('asked')));
    const other = watch(isAlive);
    const timer = setInterval(() => {
      busy.raw.query('SELECT 1', () => undefined);
      busy.answers.at(-2)?.();
    }, 1);
    other.raw.query('SELECT 1', () => undefined);
    // By then the others would have been asked as well.
    assert.equal(await outcome(other.stream, twice), 'asked twice');
    clearInterval(timer);
    for (const { stream } of [idle, busy, other]) stream.emit('close');
  });
});

describeEachDatabase('a host that falls silent in mid-run', (database) => {
  if (database.kind !== 'postgresql') return;

  it('is left for the next one', async () => {
    const url = await storeWith(database, [aSymmetricKey()]);
    let isSilent = false;
    const wire = (client: Socket, server: Socket) => {
      const pass = (from: Socket, to: Socket) =>
        from.on('data', (data) => {
          // Where a run loads what it is to rotate, which locks nothing.
          isSilent ||= data.includes('AS object');
          if (!isSilent) to.write(data);
        });
      pass(client, server);
      pass(server, client);
    };
    await withProxy(url, wire, async (silent) => {
      const { host } = silent;
      const both = silent.href.replace(host, `${host},${new URL(url).host}`);
      const limits = { connectMs: 4000, silenceMs: 300, endMs: 50 };
      const store = await openStore(both, { mode: 'write', busyTimeoutMs: 5000, limits });
      try {
        const { error, results } = await rotateDue(contextOf(store, JANUARY + 40 * DAY), ALL);
        assert.deepEqual([error, results.map(({ outcome }) => outcome)], [null, ['rotated']]);
        assert.equal(isSilent, true);
      } finally {
        await store.close();
      }
    });
  });
});
