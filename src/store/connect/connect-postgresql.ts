// Sessions of PostgreSQL by the driver pg, whose parser must not throw where nobody can catch it.
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { newErrorCheck } from './check-pg-errors.js';
import { requireChannelBinding } from './channel-binding.js';
import { interceptAnswers } from './intercept-answers.js';
import { passwordFromFile } from './url/postgresql-password-file.js';
import type { RawConnection } from './raw-connection.js';
import type { Opening } from './raw-connections.js';
import { assertPostgresqlKind } from './session-kinds.js';
import type {
  ChannelBinding,
  ServerAddress,
  ServerUrl,
  SessionAttributes,
} from './url/server-url.js';
import type { TlsOptions } from './tls.js';
import { givenUpAfter } from './unusable-session.js';
import { missingRows } from './whole-answers.js';

/** What we use of pg; its inner connection is not part of its types. */
interface PgDriver {
  readonly Client: new (settings: object) => PgClient;
}
interface PgClient extends RawConnection {
  readonly connection: EventEmitter & {
    stream: Socket;
    attachListeners: (stream: Duplex) => void;
  };
  connect(): Promise<unknown>;
}

export function postgresqlSettings(
  { channelBinding, applicationName, options }: ServerUrl,
  address: ServerAddress,
  tls: TlsOptions | null,
): object {
  return {
    host: address.socket ?? address.host,
    port: address.port,
    ...(address.user === '' ? {} : { user: address.user }),
    password: address.password === '' ? passwordFromFile(address, process.env) : address.password,
    database: address.database,
    ssl: tls ?? false,
    application_name: applicationName ?? 'kms',
    ...(options === null ? {} : { options }),
    enableChannelBinding: channelBinding !== 'disable' && tls !== null,
    keepAlive: true,
  };
}

interface WantedSession {
  readonly wanted: SessionAttributes;
  readonly channelBinding: ChannelBinding;
}

/** Starts to make a session, which must be of the kind that is wanted. */
export function openPostgresql(
  driver: unknown,
  settings: object,
  { wanted, channelBinding }: WantedSession,
): Opening {
  const socket = new Socket();
  const raw = new (driver as PgDriver).Client({ ...settings, stream: () => socket });
  const { connection } = raw;
  const attachListeners = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) => {
    guardListeners(stream);
    attachListeners(stream);
  };
  interceptAnswers(raw, {
    answered: (error, answer) => givenUpAfter(error ?? missingRows(answer), raw, wanted),
  });
  const assertBound =
    channelBinding === 'require'
      ? requireChannelBinding(connection, () => connection.stream)
      : () => undefined;
  let firstBytes = Buffer.alloc(0);
  socket.once('data', (chunk) => (firstBytes = chunk));
  return {
    raw,
    // A server that is ready at once, without a login, need not be one: it is asked in any case.
    ready: raw.connect().then(() => {
      assertBound();
      return assertPostgresqlKind(raw, wanted);
    }),
    stream: () => connection.stream,
    firstBytes: () => firstBytes,
  };
}

/** Makes what a listener for data throws an error of the stream, which the driver passes on. */
function guardListeners(stream: Duplex): void {
  const on = stream.on.bind(stream) as (event: string, listener: Listener) => Duplex;
  const assertErrorsEnd = newErrorCheck();
  const guarded = (listener: Listener) => (chunk: Buffer) => {
    try {
      assertErrorsEnd(chunk);
      listener(chunk);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error('the parser failed'));
    }
  };
  Object.assign(stream, {
    on: (event: string, listener: Listener) =>
      on(event, event === 'data' ? guarded(listener) : listener),
  });
}

type Listener = (chunk: Buffer) => void;
