// What is said on standard error besides errors: which of the levels holds, and what that lets through.

/** From the fewest words to the most; each includes those before it. */
export const LOG_LEVELS = ['error', 'warn', 'info'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Circumstances {
  readonly quiet: boolean;
  /** As flag, variable or file have it. */
  readonly named: LogLevel | null;
  /** Whether the command is to answer by its exit code alone. */
  readonly checking: boolean;
  readonly isTerminal: boolean;
}

/** Returns the level that holds: cron mails whatever is said, a terminal is for somebody who watches. */
export function logLevelIn({ quiet, named, checking, isTerminal }: Circumstances): LogLevel {
  if (quiet) return 'error';
  if (named !== null) return named;
  if (checking) return 'error';
  return isTerminal ? 'info' : 'warn';
}

/** Says whether something of a level is said where another one holds. */
export function isSaid(level: LogLevel, holding: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(holding);
}
