// A line of the log: what happened, as text for people or as JSON for those who collect logs. The names of its
// members stay as they are; README.md lists them.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { LogFormat } from '../settings/log-format.js';
import type { LogLevel } from '../settings/log-level.js';
import { printable } from '../text/printable.js';

export interface LogRecord {
  readonly level: LogLevel;
  /** What kind of event, in kebab-case. */
  readonly event: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Members that are null are left out. */
type LogFields = Readonly<Record<string, string | number | null>>;

/** Returns the line, with its end. */
export function logLine(
  format: LogFormat,
  at: EpochSeconds,
  { level, event, message, fields }: LogRecord,
): string {
  const time = formatInstant(at);
  const present = Object.entries(fields).filter(([, value]) => value !== null);
  if (format === 'json') {
    const record = { time, level, event, message, ...Object.fromEntries(present) };
    return `${harmlessJson(record)}\n`;
  }
  const pairs = present.map(([name, value]) => ` ${name}=${textValue(value)}`);
  return `${time} ${level.padEnd(5)} ${printable(message)}${pairs.join('')}\n`;
}

/** JSON does not escape all characters that would control a terminal or break a line. */
function harmlessJson(record: object): string {
  return JSON.stringify(record).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** A text with blanks, quotes or an equals sign is quoted, so that a line can be parsed again. */
function textValue(value: string | number | null): string {
  const text = String(value);
  return printable(/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text));
}
