// Writes to standard error: errors, notes and progress in words for people, or everything as lines of a log if the user
// asks for one.
import type { DeliverySummary } from '../report/delivery-summary.js';
import { framesOf, type KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { LogFormat } from '../settings/log-format.js';
import { type LogLevel, isLogged } from '../settings/log-level.js';
import type { HookOutput } from '../notify/hooks/hook-destinations.js';
import { failureLines } from '../output/failure-lines.js';
import { errorRecord } from '../report/log-records.js';
import { logLine, type LogRecord } from '../report/log-line.js';
import { NO_PROGRESS, progressLines, startProgress, type Progress } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';
import { printable } from '../text/printable.js';

interface Output {
  write(text: string): unknown;
}

export interface Diagnostics {
  /** Writes a note in words, or the event `note`. */
  note(level: LogLevel, text: string): void;
  error(error: KmsError): void;
  /** Written only to a log: people have the report. */
  event(event: LogRecord): void;
  progress(text: string): Promise<Progress>;
  /** Whether the user asks for a log. */
  readonly isLog: boolean;
}

export interface DiagnosticsOptions {
  readonly level: LogLevel;
  /** Null for words. */
  readonly format: LogFormat | null;
  readonly terminal: Terminal;
  readonly runId: string;
  /** Returns the label of the store; null until the configuration is read. */
  readonly store: () => string | null;
  readonly now: () => EpochSeconds;
}

export function diagnosticsTo(output: Output, options: DiagnosticsOptions): Diagnostics {
  const { format } = options;
  return format === null ? inWords(output, options) : asLog(output, { ...options, format });
}

/** Writes what a hook has printed: a warning if the hook failed. */
export function noteHookOutput(
  diagnostics: Diagnostics,
  { hook, uid, text, succeeded }: HookOutput,
): void {
  const level = succeeded ? 'info' : 'warn';
  if (diagnostics.isLog) {
    diagnostics.event({ level, event: 'hook-output', message: text, fields: { hook, uid } });
    return;
  }
  for (const line of text.split('\n')) diagnostics.note(level, `${hook}: ${line}`);
}

/** Writes one note for each destination that could not be reached. */
export function noteUndelivered(
  diagnostics: Pick<Diagnostics, 'note'>,
  { problems }: DeliverySummary,
): void {
  for (const { destination, message } of problems) {
    diagnostics.note('warn', `${destination ?? 'notifications'}: ${message}`);
  }
}

function inWords(output: Output, { level: holding, terminal }: DiagnosticsOptions): Diagnostics {
  const { paint } = terminal;
  return {
    isLog: false,
    note: (level, text) => {
      if (isLogged(level, holding)) output.write(`${paint.dim(`note: ${printable(text)}`)}\n`);
    },
    error: (error) => {
      for (const line of failureLines(error, terminal)) output.write(`${line}\n`);
      if (error.reason === 'Internal') output.write(`${framesOf(error.cause)}\n`);
    },
    event: () => undefined,
    progress: (text) => {
      if (!isLogged('info', holding)) return Promise.resolve(NO_PROGRESS);
      return terminal.canAnimate ? startProgress(text) : Promise.resolve(progressLines(text));
    },
  };
}

function asLog(
  output: Output,
  {
    level: holding,
    format,
    runId,
    store,
    now,
  }: DiagnosticsOptions & { readonly format: LogFormat },
): Diagnostics {
  const write = (event: LogRecord) => {
    if (!isLogged(event.level, holding)) return;
    output.write(
      logLine(format, now(), { ...event, fields: { ...event.fields, store: store(), runId } }),
    );
  };
  return {
    isLog: true,
    note: (level, text) => {
      write({ level, event: 'note', message: text, fields: {} });
    },
    error: (error) => {
      const stack = error.reason === 'Internal' ? framesOf(error.cause) : null;
      const { fields, ...event } = errorRecord(error);
      write({ ...event, fields: { ...fields, stack } });
    },
    event: write,
    progress: (text) =>
      Promise.resolve(
        progressLines(text, {
          write: (line) => {
            write({ level: 'info', event: 'progress', message: line.trimEnd(), fields: {} });
          },
        }),
      ),
  };
}
