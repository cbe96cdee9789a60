// Sessions of PostgreSQL by the driver pg, whose parser must not throw where nobody can catch it.
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { newErrorCheck } from './check-pg-errors.js';
import { requireChannelBinding } from './channel-binding.js';
import { interceptAnswers, rowsOfStatement } from './intercept-answers.js';
import { passwordFromFile } from './url/postgresql-password-file.js';
import type { RawConnection } from './raw-connection.js';
import type { Opening } from './raw-connections.js';
import type {
  ChannelBinding,
  ServerAddress,
  ServerUrl,
  SessionAttributes,
} from './url/server-url.js';
import type { TlsOptions } from './tls.js';
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
  interceptAnswers(raw, { answered: (error, answer) => error ?? missingRows(answer) });
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
      return assertSession(raw, wanted);
    }),
    stream: () => connection.stream,
    firstBytes: () => firstBytes,
  };
}

/** What libpq asks a server for each kind of session; true if it will do. */
const SESSION_QUERIES = {
  any: 'SELECT true AS fits',
  'read-write': `SELECT NOT pg_is_in_recovery()
    AND current_setting('default_transaction_read_only') = 'off' AS fits`,
  'read-only': `SELECT pg_is_in_recovery()
    OR current_setting('default_transaction_read_only') = 'on' AS fits`,
  primary: 'SELECT NOT pg_is_in_recovery() AS fits',
  standby: 'SELECT pg_is_in_recovery() AS fits',
  'prefer-standby': 'SELECT true AS fits',
} as const satisfies Record<SessionAttributes, string>;

async function assertSession(raw: RawConnection, wanted: SessionAttributes): Promise<void> {
  const [row] = await rowsOfStatement(raw, SESSION_QUERIES[wanted]);
  if (row?.['fits'] === true) return;
  throw Object.assign(new Error('another kind of session'), { code: 'SESSION_UNSUITABLE' });
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
