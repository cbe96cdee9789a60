// A crontab for runs and warnings: a user's own, or one with user names for /etc/cron.d. Each line says everything that
// its run needs, since some implementations know no lines with variables, and a line may be copied by itself.
// merge-crontab.ts puts the block into a crontab.
import { EXIT_CODES } from '../errors.js';
import { shellWord } from '../text/shell-word.js';
import { valueOf } from './carried-variables.js';
import { blockOf } from './merge-crontab.js';
import { scheduledRuns, type Schedule } from './schedule.js';

/** Cron (Debian's) refuses longer commands. */
const MAX_COMMAND = 998;

/** Returns the lines of a block. @param user for a file in /etc/cron.d; null for a user's own crontab. */
export function crontab(schedule: Schedule, user: string | null): readonly string[] {
  const { prefix, storeLine, rotation, warnings, secrets } = schedule;
  const who = user === null ? '' : `${user} `;
  const runs = scheduledRuns(schedule).map((run) => ({ cadence: rotation, run }));
  const install =
    user === null
      ? 'crontab -l | kms schedule cron --merge > my.crontab && crontab my.crontab'
      : `kms schedule cron --user ${user} > /etc/cron.d/${prefix}`;
  return blockOf(prefix, [
    storeLine,
    `# Install it: ${install}`,
    '# Key rotation. Runs may overlap: each deadline is met once whatever happens, so there is no lock.',
    '# Cron mails what is printed: nothing unless something was done or has failed. Exit codes:',
    ...EXIT_CODES.map(
      ({ code, meaning, advice }) =>
        `#   ${String(code).padEnd(3)} ${meaning}${advice === '–' ? '' : `: ${advice}`}`,
    ),
    ...secrets
      .filter(({ isMissing }) => isMissing)
      .map(
        ({ variable, file }) =>
          `# Write ${valueOf(variable)} into ${file}, readable by the user of the runs alone (mode 0600).`,
      ),
    ...[...runs, { cadence: warnings, run: ['warnings'] }].map(
      ({ cadence, run }) => `${cadence.cron} ${who}${command(schedule, run)}`,
    ),
  ]);
}

/** Returns what a crontab cannot hold of the schedule, in sentences. */
export function crontabNotices(schedule: Schedule): readonly string[] {
  const longest = Math.max(
    ...[...scheduledRuns(schedule), ['warnings']].map((run) => command(schedule, run).length),
  );
  return [
    ...schedule.variables
      .filter(({ value }) => !fitsOnLine(value))
      .map(({ name }) => `${name} has more than one line and was left out: put it into kms.toml`),
    ...(longest > MAX_COMMAND
      ? [
          `a line has ${longest} characters, and cron takes ${MAX_COMMAND}: put settings into kms.toml`,
        ]
      : []),
  ];
}

function command(
  { kms, path, configFile, variables, secrets }: Schedule,
  run: readonly string[],
): string {
  const settings = [
    ['PATH', path.join(':')],
    ...(configFile === null ? [] : [['KMS_CONFIG', configFile]]),
    ...variables.filter(({ value }) => fitsOnLine(value)).map(({ name, value }) => [name, value]),
    ...secrets.map(({ variable, file }) => [variable, file]),
  ];
  const words = [
    ...settings.map(([name = '', value = '']) => `${name}=${cronWord(value)}`),
    ...[kms, ...run].map(cronWord),
  ];
  return words.join(' ');
}

/**
 * For cron an unescaped percent sign ends the command (crontab(5)), and it takes the backslash away. BusyBox knows
 * neither, and leaves the backslash to the shell: outside of quotes both come to the same.
 */
function cronWord(text: string): string {
  if (!text.includes('%')) return shellWord(text);
  const parts = text.split('%').map((part) => (part === '' ? '' : shellWord(part)));
  return parts.join('\\%');
}

function fitsOnLine(value: string): boolean {
  return !/[\r\n]/.test(value);
}
