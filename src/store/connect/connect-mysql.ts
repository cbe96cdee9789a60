// Sessions of MySQL and MariaDB by the driver mysql2, with the settings that our transactions rely on.
import { connect as connectSocket, type Socket } from 'node:net';
import { sessionStatements } from '../dialects/mysql/mysql-session.js';
import type { ConnectOptions } from './connection.js';
import { assertMysqlKind } from './session-kinds.js';
import { interceptAnswers, runStatement, settling } from './intercept-answers.js';
import { loginPlugins } from './login-plugins.js';
import { errorCode } from './errors/error-code.js';
import { withServersCode } from './errors/mariadb-errors.js';
import type { RawConnection } from './raw-connection.js';
import type { Opening } from './raw-connections.js';
import type { ServerAddress, SessionAttributes } from './url/server-url.js';
import type { TlsOptions } from './tls.js';
import { givenUpAfter } from './unusable-session.js';
import { endAtGaps, type PacketReader } from './whole-answers.js';

/** What we use of mysql2. */
interface MysqlDriver {
  createConnection(settings: object): MysqlConnection;
}
interface MysqlConnection extends RawConnection, PacketReader {
  connect(done: (error?: unknown) => void): void;
  /** The server's greeting, once it is there. */
  readonly _handshakePacket?: { readonly serverVersion?: string } | null;
}

interface WantedSession extends ConnectOptions {
  readonly wanted: SessionAttributes;
  /** Whether the URL names other hosts, which can be used where this one is not ready. */
  readonly isOneOfSeveral: boolean;
}

/** Does nothing in a new session; but a node that is not ready refuses it, though it lets anybody log in. */
const REFUSED_UNLESS_READY = 'ROLLBACK';

/** Starts to make a session, which must be of the kind that is wanted, and puts the settings in force. */
export function openMysql(
  driver: unknown,
  address: ServerAddress,
  tls: TlsOptions | null,
  { wanted, isOneOfSeveral, ...options }: WantedSession,
): Opening {
  const socket = socketTo(address);
  const isPrivate = address.socket !== null || tls?.rejectUnauthorized === true;
  const raw = (driver as MysqlDriver).createConnection({
    host: address.host,
    user: address.user,
    password: address.password,
    database: address.database,
    ...(tls === null ? {} : { ssl: tls }),
    // The time limit is ours; the driver's ends with the first byte.
    connectTimeout: 0,
    charset: 'utf8mb4',
    stream: () => socket,
    authPlugins: loginPlugins(address.password, isPrivate),
  });
  const isMariadb = () => raw._handshakePacket?.serverVersion?.includes('MariaDB') === true;
  interceptAnswers(raw, {
    answered: (error) => givenUpAfter(isMariadb() ? withServersCode(error) : error, raw, wanted),
  });
  endAtGaps(raw);
  let firstBytes = Buffer.alloc(0);
  socket.once('data', (chunk) => (firstBytes = chunk));
  return {
    raw,
    ready: loggedIn(raw)
      .then(async () => {
        if (isOneOfSeveral) await runStatement(raw, REFUSED_UNLESS_READY);
        await assertMysqlKind(raw, wanted);
        for (const statement of mysqlSession(options)) await runStatement(raw, statement);
        if (options.mode === 'write' && isMariadb()) await readWhatIsCommitted(raw);
      })
      .catch((error: unknown) => {
        const greeting = firstBytes.toString('latin1');
        throw greeting.includes('MariaDB') ? withServersCode(error) : error;
      }),
    stream: () => raw.stream,
    firstBytes: () => firstBytes,
  };
}

/**
 * Returns a socket for which TLS verifies the certificate against this address: by default the driver would verify
 * `localhost` if the host is an IP address.
 */
function socketTo({ host, port, socket: path }: ServerAddress): Socket {
  if (path !== null) return connectSocket({ path });
  const socket = connectSocket({ host, port, keepAlive: true, noDelay: true });
  return Object.assign(socket, { _host: host });
}

/**
 * Lets reads of a cluster wait for what its other nodes have committed: a node may know of it and not have it yet. Without
 * that a commit whose answer was lost with its node could not be looked up at the next one.
 */
async function readWhatIsCommitted(raw: MysqlConnection): Promise<void> {
  try {
    await runStatement(raw, 'SET SESSION wsrep_sync_wait = @@wsrep_sync_wait | 1');
  } catch (error) {
    // A server without clusters.
    if (errorCode(error) !== 'ER_UNKNOWN_SYSTEM_VARIABLE') throw error;
  }
}

function loggedIn(raw: MysqlConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    raw.connect(settling(resolve, reject));
  });
}

function mysqlSession({ mode, busyTimeoutMs }: ConnectOptions): readonly string[] {
  const seconds = Math.max(1, Math.ceil(busyTimeoutMs / 1000));
  return [
    ...sessionStatements(mode),
    // For locks on rows, and on the table for schema changes: other sessions queue behind one that waits for that.
    `SET SESSION innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`,
  ];
}
