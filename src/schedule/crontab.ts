// A crontab for runs and warnings: a user's own, or one with user names for /etc/cron.d.
import { EXIT_CODES } from '../errors.js';
import { scheduledRuns, type Schedule } from './schedule.js';

/** Yields the lines of a crontab. @param user for a file in /etc/cron.d; null for a user's own crontab. */
export function* crontab(schedule: Schedule, user: string | null): Generator<string> {
  const { rotation, warnings, kms, secret, sqlite } = schedule;
  const who = user === null ? '' : `${user} `;
  yield '# Key rotation. Runs may overlap: each deadline is met once whatever happens, so there is no lock.';
  yield user === null
    ? '# Install it: kms schedule cron >> my.crontab && crontab my.crontab'
    : '# Install it: kms schedule cron --user … > /etc/cron.d/kms';
  yield '# Cron mails what is printed: nothing unless something was done or has failed. Exit codes:';
  for (const { code, meaning, advice } of EXIT_CODES) {
    yield `#   ${String(code).padEnd(3)} ${meaning}${advice === '–' ? '' : `: ${advice}`}`;
  }
  yield '# MAILTO=ops@example.org';
  yield 'SHELL=/bin/sh';
  yield `PATH=${schedule.path.join(':')}`;
  if (schedule.configFile !== null) yield variable('KMS_CONFIG', schedule.configFile);
  if (sqlite !== null) yield variable('KMS_DATABASE_URL', `sqlite:${sqlite.path}`);
  if (secret !== null) {
    yield `# Write the database URL into this file, readable by that user alone (mode 0600).`;
    yield variable(secret.variable, secret.file);
  }
  for (const run of scheduledRuns(schedule)) {
    yield `${rotation.cron} ${who}${command([kms, ...run])}`;
  }
  yield `${warnings.cron} ${who}${command([kms, 'warnings'])}`;
}

/** Cron removes quotes around a value, and expands nothing in it. */
function variable(name: string, value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? `${name}=${value}` : `${name}="${value}"`;
}

/** For cron an unescaped percent sign ends the command (crontab(5)). */
function command(argv: readonly string[]): string {
  return argv.map(shellQuoted).join(' ').replaceAll('%', '\\%');
}

function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
