// The command that dumps a server's database, as it runs where kms runs: with the server's own program, and with TLS
// as the URL asks for it. It never has a password in it; the program asks for that.
import { serverUrlWithin } from '../connect/url/postgresql-variables.js';
import type { ServerHost } from '../connect/url/server-hosts.js';
import type { ServerUrl } from '../connect/url/server-url.js';
import { systemAuthoritiesFile } from '../connect/system-authorities.js';
import { SYSTEM_AUTHORITIES, type TlsRequest } from '../connect/url/tls-request.js';
import type { FoundDatabase } from './inspect-database.js';

/** Stand for what is in a PKCS#12 file, which none of these programs reads. */
const CERTIFICATE_PLACEHOLDER = 'CERTIFICATE.pem';
const KEY_PLACEHOLDER = 'KEY.pem';

/** MySQL's names of the modes; it has none that begins without TLS. */
const MYSQL_MODES = {
  disable: 'DISABLED',
  allow: 'PREFERRED',
  prefer: 'PREFERRED',
  require: 'REQUIRED',
  'verify-ca': 'VERIFY_CA',
  'verify-full': 'VERIFY_IDENTITY',
} as const satisfies Record<TlsRequest['mode'], string>;

/**
 * @param found what the server said of itself, and which host of the URL that was; where it says no version, the URL's
 *   scheme tells MariaDB from MySQL
 */
export function dumpCommand(
  url: string,
  file: string,
  { serverVersion: version, host }: Pick<FoundDatabase, 'serverVersion' | 'host'>,
): string {
  const named = serverUrlWithin(process.env, url);
  const server = host === null ? named : atHost(named, host);
  if (server.dialectName === 'postgresql') return pgDump(server, file);
  const isMariadb = version?.includes('MariaDB') ?? /^mariadb:/i.test(url);
  const program = isMariadb ? ['mariadb-dump'] : ['mysqldump', '--set-gtid-purged=OFF'];
  const tls = isMariadb ? mariadbTls(server.tls) : mysqlTls(server.tls);
  // Without --no-tablespaces both ask for the right PROCESS.
  const options = ['--single-transaction', '--no-tablespaces', '--hex-blob'];
  const { user, password, database } = server.address;
  return line([
    ...[...program, ...options, `--result-file=${file}`, ...mysqlPlace(server), ...tls],
    ...[...given('--user', user), ...(password === '' ? [] : ['--password']), database],
  ]);
}

/** The other hosts may have another state of the store, or none. */
function atHost(server: ServerUrl, { host, port, socket }: ServerHost): ServerUrl {
  const one = { host, port, socket };
  const address = { ...server.address, ...one };
  return { ...server, address, hosts: [one], targetSessionAttributes: 'any' };
}

function pgDump(server: ServerUrl, file: string): string {
  const { hosts, address, tls, targetSessionAttributes: session, channelBinding } = server;
  const { cert, key } = clientFiles(tls);
  const variables = [
    ...(tls.modeBy === null && tls.mode === 'disable' ? [] : [`PGSSLMODE=${tls.mode}`]),
    ...given('PGSSLROOTCERT', authoritiesFile(tls)),
    ...given('PGSSLCERT', cert),
    ...given('PGSSLKEY', key),
    ...(session === 'any' ? [] : [`PGTARGETSESSIONATTRS=${session}`]),
    ...(channelBinding === 'disable' ? [] : [`PGCHANNELBINDING=${channelBinding}`]),
    ...given('PGOPTIONS', server.options),
  ];
  return line([
    ...[...variables, 'pg_dump', '--format=custom', `--file=${file}`],
    `--host=${hosts.map(({ socket, host }) => socket ?? host).join(',')}`,
    `--port=${hosts.map(({ port }) => port).join(',')}`,
    ...[...given('--username', address.user), address.database],
  ]);
}

/** For `localhost` these programs would rather take a socket of their own choice. */
function mysqlPlace({ address: { host, port, socket } }: ServerUrl): readonly string[] {
  if (socket !== null) return [`--socket=${socket}`];
  const protocol = host === 'localhost' ? ['--protocol=TCP'] : [];
  return [...protocol, `--host=${host}`, `--port=${port}`];
}

function mysqlTls(tls: TlsRequest): readonly string[] {
  if (tls.mode === 'disable' && tls.modeBy === null) return [];
  return [`--ssl-mode=${MYSQL_MODES[tls.mode]}`, ...mysqlFiles(tls)];
}

/**
 * MariaDB's program verifies the certificate and the host name together, or neither; the newer ones do so, and want
 * TLS, unless they are told otherwise.
 */
function mariadbTls(tls: TlsRequest): readonly string[] {
  if (tls.mode === 'disable') return ['--skip-ssl'];
  const verifies = tls.mode === 'verify-ca' || tls.mode === 'verify-full';
  const verification = verifies ? '--ssl-verify-server-cert' : '--skip-ssl-verify-server-cert';
  return ['--ssl', ...mysqlFiles(tls), verification];
}

function mysqlFiles(tls: TlsRequest): readonly string[] {
  const { cert, key } = clientFiles(tls);
  return [
    ...given('--ssl-ca', authoritiesFile(tls)),
    ...given('--ssl-cert', cert),
    ...given('--ssl-key', key),
  ];
}

/** Without a file of its own the programs verify nothing, or refuse to. */
function authoritiesFile({ mode, ca }: TlsRequest): string | null {
  if (mode !== 'verify-ca' && mode !== 'verify-full') return null;
  if (ca !== null && ca.text !== SYSTEM_AUTHORITIES) return ca.text;
  return systemAuthoritiesFile(process.env) ?? SYSTEM_AUTHORITIES;
}

function clientFiles({ identity, cert, key }: TlsRequest) {
  if (identity !== null) return { cert: CERTIFICATE_PLACEHOLDER, key: KEY_PLACEHOLDER };
  return { cert: cert?.text ?? null, key: key?.text ?? null };
}

function given(name: string, value: string | null): readonly string[] {
  return value === null || value === '' ? [] : [`${name}=${value}`];
}

/** Quotes for a shell; a variable's name must stay outside of the quotes. */
function line(words: readonly string[]): string {
  return words
    .map((word) => {
      const [, name = '', value = ''] = /^([A-Z]+=)?(.*)$/s.exec(word) ?? [];
      return /^[\w@%+=:,./-]+$/.test(value) ? word : `${name}'${value.replaceAll("'", `'\\''`)}'`;
    })
    .join(' ');
}
