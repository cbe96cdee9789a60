// Programs that tests need and that are packages of Debian: got where they are missing, for which one has to be
// root.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Each package, and what is there if it is. */
const PROGRAMS = {
  chromium: '/usr/bin/chromium',
  cron: '/usr/bin/crontab',
  fish: '/usr/bin/fish',
  jq: '/usr/bin/jq',
  'man-db': '/usr/bin/man',
  mandoc: '/usr/bin/mandoc',
  'mariadb-server': '/usr/sbin/mariadbd',
  openssl: '/usr/bin/openssl',
  pgbouncer: '/usr/sbin/pgbouncer',
  postgresql: '/usr/lib/postgresql',
  sqlite3: '/usr/bin/sqlite3',
  systemd: '/usr/bin/systemd-analyze',
  zsh: '/usr/bin/zsh',
} as const;

export type DebianPackage = keyof typeof PROGRAMS;

/** Says whether a package is there, having installed it as root on Debian if it was not. */
export function installed(name: DebianPackage): boolean {
  if (!isThere(name)) install([name]);
  return isThere(name);
}

/** Installs all that are missing at once, which takes a fraction of what one after the other does. */
export function installMissing(): void {
  const missing = (Object.keys(PROGRAMS) as DebianPackage[]).filter((name) => !isThere(name));
  if (missing.length > 0) install(missing);
}

function isThere(name: DebianPackage): boolean {
  return existsSync(PROGRAMS[name]);
}

function install(names: readonly DebianPackage[]): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const argv of [['update'], ['install', '-y', ...names]]) {
    spawnSync('apt-get', ['-qq', ...argv], { env, stdio: 'ignore' });
  }
}
