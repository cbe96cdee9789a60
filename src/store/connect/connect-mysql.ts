// Sessions of MySQL and MariaDB by the driver mysql2, with the settings that our transactions rely on.
import { connect as connectSocket, type Socket } from 'node:net';
import { sessionStatements } from '../dialects/mysql/mysql-session.js';
import type { ConnectOptions } from './connection.js';
import { assertMysqlKind } from './session-kinds.js';
import { interceptAnswers, runStatement, settling } from './intercept-answers.js';
import { loginPlugins } from './login-plugins.js';
import { withServersCode } from './errors/mariadb-errors.js';
import type { RawConnection } from './raw-connection.js';
import type { Opening } from './raw-connections.js';
import type { ServerAddress, SessionAttributes } from './url/server-url.js';
import type { TlsOptions } from './tls.js';
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

/** Starts to make a session, which must be of the kind that is wanted, and puts the settings in force. */
export function openMysql(
  driver: unknown,
  address: ServerAddress,
  tls: TlsOptions | null,
  { wanted, ...options }: ConnectOptions & { readonly wanted: SessionAttributes },
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
    answered: (error) => (isMariadb() ? withServersCode(error) : error),
  });
  endAtGaps(raw);
  let firstBytes = Buffer.alloc(0);
  socket.once('data', (chunk) => (firstBytes = chunk));
  return {
    raw,
    ready: loggedIn(raw)
      .then(async () => {
        await assertMysqlKind(raw, wanted);
        for (const statement of mysqlSession(options)) await runStatement(raw, statement);
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
