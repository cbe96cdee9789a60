// How much is printed on standard error besides errors: which level is in force, and which messages that lets through.

/** From the fewest messages to the most; each level includes those before it. */
export const LOG_LEVELS = ['error', 'warn', 'info'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogLevelOptions {
  readonly quiet: boolean;
  /** The level that a setting asks for. */
  readonly named: LogLevel | null;
  /** Whether the command only answers by its exit code. */
  readonly checking: boolean;
  readonly isTerminal: boolean;
}

/** Returns the level in force. Without a terminal fewer messages are printed, because cron mails each of them. */
export function effectiveLogLevel({
  quiet,
  named,
  checking,
  isTerminal,
}: LogLevelOptions): LogLevel {
  if (quiet) return 'error';
  if (named !== null) return named;
  if (checking) return 'error';
  return isTerminal ? 'info' : 'warn';
}

/** Returns whether a message of a level is printed while another level is in force. */
export function isLogged(level: LogLevel, levelInForce: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(levelInForce);
}
