// What is particular to a server of each kind: how tests find it, and how one is made and run. private-servers.ts
// runs private ones; shared-servers.ts chooses the one that a run of the tests shares.
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled, tryToRun } from './programs.js';
import { temporaryFolder } from './temporary.js';

export interface Command {
  readonly argv: readonly string[];
  /** Who runs it, if it may not be root. */
  readonly user?: string;
}

/** `seen` is the server's folder as it sees it itself: in a chroot, elsewhere. */
export interface ServerKind {
  readonly name: 'postgresql' | 'mariadb' | 'mysql';
  /** The environment variable that names the server to use. */
  readonly variable: string;
  /** Where one answers by default, and what it says of its version. */
  readonly usual: string;
  readonly version: RegExp;
  /** What the server that all tests share is started with. */
  readonly sharedSettings: readonly string[];
  /** Says whether one can be started here. */
  isInstalled(): boolean;
  makeFolder(): { readonly folder: string; readonly seen: string };
  initialise(seen: string): Command;
  serve(seen: string, port: number): Command;
  /** The user who owns its files, if it is not root. */
  readonly user: string | null;
  readonly stopSignal: NodeJS.Signals;
  /** Cuts it off, yet leaves nothing of it in the machine's memory. */
  readonly killSignal: NodeJS.Signals;
  /** The administrator's. */
  url(port: number): string;
}

/** Unpacks a real MySQL into TREE, and starts it. */
const MYSQL_SERVER = fileURLToPath(new URL('../../../shared/tools/mysql-server', import.meta.url));

const TREE = join(process.env['KMS_MYSQL_HOME'] ?? '/var/lib/kms-test-mysql', 'root');
const MARIADBD = '/usr/sbin/mariadbd';
/**
 * What is committed is handed to the system and outlives the server, killed or not, but nobody waits for the disk:
 * no test cuts the power.
 */
const QUICK = [
  ...['--innodb-flush-log-at-trx-commit=2', '--innodb-flush-method=nosync'],
  ...['--innodb-doublewrite=OFF', '--sync-binlog=0'],
];
const SETTINGS = [
  ...['--innodb-buffer-pool-size=64M', '--performance-schema=OFF', '--skip-log-bin'],
  // MariaDB's own default would lose letters.
  '--character-set-server=utf8mb4',
];

const isRoot = () => process.getuid?.() === 0;

export const SERVER_KINDS: readonly ServerKind[] = [
  {
    name: 'postgresql',
    variable: 'KMS_TEST_POSTGRES_URL',
    usual: 'postgres://postgres@127.0.0.1:5432/postgres',
    version: /^PostgreSQL/,
    sharedSettings: ['-c', 'max_connections=400'],
    isInstalled: () => isInstalled('postgresql'),
    makeFolder: () => ownedBy('postgres'),
    initialise: (seen) => ({
      argv: [
        join(postgresqlFolder() ?? '', 'initdb'),
        ...['-D', join(seen, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
      ],
      user: 'postgres',
    }),
    serve: (seen, port) => ({
      argv: [
        // OpenSSL's settings, if the test has written any.
        ...['env', `OPENSSL_CONF=${join(seen, 'openssl.cnf')}`],
        join(postgresqlFolder() ?? '', 'postgres'),
        ...['-D', join(seen, 'data'), '-p', String(port), '-k', seen],
        ...['-c', 'listen_addresses=localhost', '-c', 'fsync=off', '-c', 'full_page_writes=off'],
      ],
      user: 'postgres',
    }),
    user: 'postgres',
    stopSignal: 'SIGINT',
    killSignal: 'SIGQUIT',
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  },
  {
    name: 'mariadb',
    variable: 'KMS_TEST_MARIADB_URL',
    usual: 'mysql://root@127.0.0.1:3306/',
    version: /MariaDB/,
    sharedSettings: ['--max-connections=400'],
    isInstalled: () => isInstalled('mariadb-server'),
    makeFolder: () => ownedBy('mysql'),
    initialise: (seen) => ({
      argv: [
        ...['env', `TMPDIR=${seen}`, 'mariadb-install-db', '--no-defaults'],
        `--datadir=${seen}/data`,
        ...['--auth-root-authentication-method=normal', '--skip-test-db'],
      ],
      user: 'mysql',
    }),
    serve: (seen, port) => ({ argv: [MARIADBD, ...mysqlArguments(seen, port)], user: 'mysql' }),
    user: 'mysql',
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    url: (port) => `mysql://root@127.0.0.1:${port}/`,
  },
  {
    name: 'mysql',
    variable: 'KMS_TEST_MYSQL_URL',
    usual: 'mysql://root@127.0.0.1:3307/',
    version: /^(?!.*MariaDB)/,
    // It has a log unless told otherwise.
    sharedSettings: ['--max-connections=400', '--log-bin', '--server-id=1'],
    isInstalled: () => isRoot() && existsSync(TREE),
    makeFolder: () => {
      const place = temporaryFolder(join(TREE, 'tmp'));
      const seen = join('/tmp', basename(place));
      if (!maySeeOtherwise()) return { folder: place, seen };
      const folder = temporaryFolder();
      symlinkSync(folder, join(place, 'elsewhere'));
      return { folder, seen };
    },
    initialise: (seen) => ({
      argv: [
        ...inTree(seen),
        ...['/usr/sbin/mysqld', '--no-defaults', '--initialize-insecure'],
        ...['--user=root', `--datadir=${seen}/data`, `--tmpdir=${seen}`, ...QUICK],
      ],
    }),
    serve: (seen, port) => ({
      argv: [
        ...inTree(seen),
        ...['/usr/sbin/mysqld', ...mysqlArguments(seen, port)],
        ...['--user=root', '--mysqlx=OFF', '--secure-file-priv=NULL'],
      ],
    }),
    user: null,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    url: (port) => `mysql://root@127.0.0.1:${port}/`,
  },
];

/** Installs MySQL, which Debian does not have, unless it is there. */
export async function installMysql(): Promise<void> {
  if (!isRoot() || existsSync(TREE) || !existsSync(MYSQL_SERVER)) return;
  for (const verb of ['start', 'stop']) await tryToRun(MYSQL_SERVER, [verb]);
}

/** Numbers of a user and its group, for whoever may act for others. */
export function idsOf(user: string | null): { readonly uid: number; readonly gid: number } | null {
  if (user === null || !isRoot()) return null;
  return { uid: numberOf(user, '-u'), gid: numberOf(user, '-g') };
}

/** Folder of the newest PostgreSQL’s programs. */
export function postgresqlFolder(): string | null {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).map(Number) : [];
  return versions.length === 0 ? null : join(root, String(Math.max(...versions)), 'bin');
}

/** Makes a folder of a user's, or of ours, where only root may give things away. */
export function ownedBy(user: string): { readonly folder: string; readonly seen: string } {
  const folder = temporaryFolder();
  const ids = idsOf(user);
  if (ids !== null) chownSync(folder, ids.uid, ids.gid);
  return { folder, seen: folder };
}

/**
 * What runs a program in MySQL's tree. Its folder there may be another one outside, which only that program sees in
 * the place.
 */
function inTree(seen: string): readonly string[] {
  const elsewhere = join(TREE, seen, 'elsewhere');
  if (!existsSync(elsewhere)) return ['chroot', TREE];
  const script = 'mount --bind "$0" "$1" && shift && exec chroot "$@"';
  return [
    ...['unshare', '--mount', 'sh', '-c', script],
    ...[realpathSync(elsewhere), join(TREE, seen), TREE],
  ];
}

/** Says whether a mount of one's own may be made here; a container may not. */
function maySeeOtherwise(): boolean {
  return spawnSync('unshare', ['--mount', 'mount', '--bind', '/tmp', '/tmp']).status === 0;
}

/** A folder of its own for temporary files: a server that starts removes what others have in one that it shares. */
function mysqlArguments(seen: string, port: number): readonly string[] {
  return [
    ...['--no-defaults', `--datadir=${seen}/data`, `--port=${port}`, '--bind-address=127.0.0.1'],
    ...[`--socket=${seen}/socket`, `--pid-file=${seen}/pid`, `--tmpdir=${seen}`],
    ...[...SETTINGS, ...QUICK],
  ];
}

function numberOf(user: string, which: '-u' | '-g'): number {
  return Number(spawnSync('id', [which, user], { encoding: 'utf8' }).stdout);
}
