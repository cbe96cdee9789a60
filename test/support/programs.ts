// Programs of Debian that tests need. Only KMS_TEST_INSTALL=1 lets a run install those that are missing, for which
// one has to be root.
import { spawn, type SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { need } from './left-out.js';

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
  prometheus: '/usr/bin/promtool',
  sqlite3: '/usr/bin/sqlite3',
  systemd: '/usr/bin/systemd-analyze',
  tmux: '/usr/bin/tmux',
  zsh: '/usr/bin/zsh',
} as const;

export type DebianPackage = keyof typeof PROGRAMS;

/** Says whether this run may install programs and fetch packages. */
export const mayInstall = process.env['KMS_TEST_INSTALL'] === '1';

export function isInstalled(name: DebianPackage): boolean {
  return existsSync(PROGRAMS[name]);
}

/** Skips the test unless the programs are there. */
export function needPrograms(context: Mocha.Context, ...names: readonly DebianPackage[]): void {
  for (const name of names) need(context, name, isInstalled(name));
}

/** Installs all that are missing at once, which takes a fraction of what one after the other does. */
export async function installPrograms(): Promise<void> {
  const missing = (Object.keys(PROGRAMS) as DebianPackage[]).filter((name) => !isInstalled(name));
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const argv of [['update'], ['install', '-y', '--no-install-recommends', ...missing]]) {
    await tryToRun('apt-get', ['-qq', ...argv], { env });
  }
}

/** Returns what a program prints; null if it fails, after which what it was to make is missing. */
export function tryToRun(
  file: string,
  argv: readonly string[],
  options: SpawnOptions = {},
): Promise<string | null> {
  const child = spawn(file, argv, { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  return new Promise((resolve) => {
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.on('error', () => {
      resolve(null);
    });
    child.on('close', (code) => {
      resolve(code === 0 ? printed : null);
    });
  });
}
