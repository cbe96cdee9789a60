// How knex gets and ends its connections to a server: each within a time limit, ended for good if its set-up fails, and
// watched while a statement is at work. connect-postgresql.ts and connect-mysql.ts know the drivers.
import type { Socket } from 'node:net';
import type { Knex } from 'knex';
import { connectionFailure, type ServerPlace } from './errors/connection-failure.js';
import { asStoreError } from './errors/driver-errors.js';
import { isServerError } from './errors/error-code.js';
import { isLoginRefused } from './errors/login-refused.js';
import { runStatement } from './intercept-answers.js';
import type { RawConnection } from './raw-connection.js';
import { watchForSilence } from './watch-for-silence.js';

/** Times in milliseconds. */
export interface ConnectionLimits {
  /** For everything until the session can be used. */
  readonly connectMs: number;
  /** How long a server may send next to nothing while a statement is at work, before we ask whether it is alive. */
  readonly silenceMs: number;
  /** How long the server may take to end a session. */
  readonly endMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  connectMs: 10_000,
  silenceMs: 60_000,
  endMs: 2_000,
};

/** A connection that is being made. */
export interface Opening {
  readonly raw: RawConnection;
  /** Settles when the session can be used. */
  readonly ready: Promise<void>;
  /** The stream in use; with TLS not the one that it began with. */
  readonly stream: () => Socket;
  /** What the server sent first; empty if it has sent nothing. */
  readonly firstBytes: () => Buffer;
}

/** A way to a session: a host, with or without TLS. */
export interface Attempt {
  readonly place: ServerPlace;
  readonly start: (driver: unknown) => Opening;
  /** Called once it has succeeded. */
  readonly onOpened: () => void;
}

/**
 * Makes the connections of a knex instance by the first attempt that succeeds; `connectMs` is for each. `onLost` is called
 * for each session that ended before its time, at the latest when another takes its place.
 */
export function superviseConnections(
  instance: Knex,
  attempts: readonly Attempt[],
  limits: ConnectionLimits,
  { redactedUrl, onLost }: { readonly redactedUrl: string; readonly onLost: () => void },
): void {
  const client = instance.client as {
    driver: unknown;
    acquireRawConnection: () => Promise<RawConnection>;
    destroyRawConnection: (raw: RawConnection) => Promise<void>;
  };
  const streams = new WeakMap<RawConnection, () => Socket>();
  const attempt = async ({ place, start }: Attempt): Promise<RawConnection> => {
    const { raw, ready, stream, firstBytes } = start(client.driver);
    raw.on('error', (error) => (raw.__knex__disposed = error ?? 'error'));
    raw.on('end', () => (raw.__knex__disposed ??= 'ended'));
    streams.set(raw, stream);
    try {
      await within(limits.connectMs, ready);
      return raw;
    } catch (error) {
      stream().destroy();
      throw connectionFailure(error, place, firstBytes());
    }
  };
  /** Runs from the first attempt on until one succeeds; what fails after it is not tried again. */
  let allTime: Countdown | null = null;
  const open = async (): Promise<{ raw: RawConnection; by: Attempt }> => {
    const time = (allTime ??= countdown(limits.connectMs * attempts.length));
    const failures: unknown[] = [];
    let refusedBy: string | null = null;
    for (const next of attempts) {
      const { dialectName, shown } = next.place;
      // What is left of this host is another way to it, with or without TLS.
      if (refusedBy !== null && refusedBy !== shown) break;
      try {
        const raw = await attempt(next);
        clearTimeout(time.timer);
        allTime = null;
        next.onOpened();
        return { raw, by: next };
      } catch (error) {
        failures.push(error);
        if (isLoginRefused(error, dialectName)) refusedBy = shown;
      }
    }
    // What a server says tells more than that another could not be reached.
    const failure = failures.find(isServerError) ?? failures.at(-1);
    // An error of ours is not tried again.
    throw time.over ? asStoreError(failure, redactedUrl) : failure;
  };
  const close = async (raw: RawConnection) => {
    await politely(raw, limits.endMs);
    streams.get(raw)?.().destroy();
  };
  client.acquireRawConnection = async () => {
    const { raw, by } = await open();
    const stream = streams.get(raw);
    if (stream === undefined) throw new TypeError('a connection without its stream');
    watchForSilence(raw, stream(), limits.silenceMs, async () => {
      try {
        // The same server: another host may well live.
        const other = await attempt(by);
        await within(limits.connectMs, runStatement(other, 'SELECT 1')).finally(() => close(other));
        return true;
      } catch (error) {
        // A server that refuses a session lives.
        return isServerError(error);
      }
    });
    return raw;
  };
  client.destroyRawConnection = (raw) => {
    if (raw.__knex__disposed !== undefined) onLost();
    return close(raw);
  };
}

interface Countdown {
  over: boolean;
  readonly timer: NodeJS.Timeout;
}

function countdown(milliseconds: number): Countdown {
  const timer = setTimeout(() => (time.over = true), milliseconds).unref();
  const time = { over: false, timer };
  return time;
}

/** @throws Error with the code ETIMEDOUT if the work takes longer. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error('too late'), { code: 'ETIMEDOUT' }));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Says goodbye, so that the server logs no lost connection; its answer decides nothing. */
function politely(raw: RawConnection, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    raw.end(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
