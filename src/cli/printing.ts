// Prints for a command: its result to standard output, as lines or as the document of --json; notes, progress,
// questions and errors to standard error. diagnostics.ts gives those the form of words or of a log.
import { KmsError } from '../errors.js';
import { jsonPieces } from '../output/json-document.js';
import { NO_PROGRESS, type Progress } from '../output/progress.js';
import { isOutputWritten } from '../output/standard-streams.js';
import { isDumb, knownSize, terminalOf, type Terminal } from '../output/terminal.js';
import { writeLines, writeTexts, type Lines } from '../output/write-lines.js';
import { inLargerPieces } from '../text/larger-pieces.js';
import type { LogFormat } from '../settings/log-format.js';
import type { LogLevel } from '../settings/log-level.js';
import { printable } from '../text/printable.js';
import { clock } from './clock.js';
import { diagnosticsTo, type Diagnostics } from './diagnostics.js';
import type { CommonFlags } from './flags.js';

type QuietFlag = Pick<CommonFlags, 'quiet'>;

export interface Printer {
  /** Standard output. */
  readonly out: Terminal;
  /** Standard error. */
  readonly err: Terminal;
  /** Says whether the result is the document of --json. */
  isJson(): boolean;
  /** Sets what standard error shows, and how. Before that it shows warnings. */
  setDiagnostics(level: LogLevel, format: LogFormat | null): void;
  /** Sets what the log calls the store. */
  setStore(label: string): void;
  diagnostics(): Diagnostics;
  /** Prints lines of the result, except under --json or --quiet. */
  print(flags: QuietFlag, lines: Iterable<string>): Promise<void>;
  /** Does the same, in a pager if the lines do not fit on the terminal. */
  page(flags: QuietFlag, lines: Lines): Promise<void>;
  /** Returns whether it could be written. */
  printDocument(document: object): Promise<boolean>;
  /** Prints to standard error what --quiet keeps off standard output, unless a document or a log has it. */
  printFailures(flags: QuietFlag, lines: Iterable<string>): Promise<void>;
  /** Prints an error to standard error; one that the document of --json has too only if a log is asked for. */
  printError(error: KmsError, isInDocument?: boolean): void;
  note(level: LogLevel, text: string): void;
  /** On a terminal, shows a text until the work is done, and how far it has come. */
  whileBusy<T>(text: string, work: (progress: Progress) => Promise<T>): Promise<T>;
  /** Says whether somebody at a terminal can answer a question. */
  canAsk(): boolean;
  /** Asks a yes-or-no question. @throws KmsError unless the answer is yes. */
  confirm(confirmation: Confirmation): Promise<void>;
}

interface Confirmation {
  /** What is at stake, shown before the question. */
  readonly lines: readonly string[];
  readonly question: string;
  /** The error if the answer is no. */
  readonly ifRefused: string;
  /** The error if nobody can be asked. */
  readonly ifNobodyCanBeAsked: { readonly message: string; readonly hint: string };
}

export interface PrinterOptions {
  readonly runId: string;
  readonly isJson: () => boolean;
  /** The form of standard error until the configuration is known. */
  readonly logFormat: LogFormat | null;
}

/** What to show while a whole store is read. */
export const LOOKING = 'reading the store';

/** What to show while our tables and indexes are made. */
export const PREPARING = 'preparing the store';

export function newPrinter({ runId, isJson, logFormat }: PrinterOptions): Printer {
  const out = terminalOf(process.stdout, process.env);
  const err = terminalOf(process.stderr, process.env);
  let store: string | null = null;
  const common = { terminal: err, runId, store: () => store, now: () => clock.now() };
  const at = (level: LogLevel, format: LogFormat | null) =>
    diagnosticsTo(process.stderr, { level, format, ...common });
  let diagnostics = at('warn', logFormat);
  const hidesResult = ({ quiet }: QuietFlag) => quiet || isJson();
  const canAsk = () => process.stdin.isTTY && err.isTerminal && !isJson();
  return {
    out,
    err,
    isJson,
    setDiagnostics: (level, format) => {
      diagnostics = at(level, format);
    },
    setStore: (label) => {
      store = label;
    },
    diagnostics: () => diagnostics,
    print: async (flags, lines) => {
      if (!hidesResult(flags)) await writeLines(process.stdout, lines);
    },
    page: async (flags, lines) => {
      if (!hidesResult(flags)) await pageLines(out, lines);
    },
    printDocument: async (document) => {
      await writeTexts(process.stdout, inLargerPieces(jsonPieces(document)));
      process.stdout.write('\n');
      return isOutputWritten();
    },
    printFailures: async ({ quiet }, lines) => {
      if (quiet && !isJson() && !diagnostics.isLog) await writeLines(process.stderr, lines);
    },
    printError: (error, isInDocument = isJson()) => {
      if (!isInDocument || diagnostics.isLog) diagnostics.error(error);
    },
    note: (level, text) => {
      diagnostics.note(level, text);
    },
    whileBusy: async (text, work) => {
      const progress = err.isTerminal ? await diagnostics.progress(text) : NO_PROGRESS;
      try {
        return await work(progress);
      } finally {
        progress.stop();
      }
    },
    canAsk,
    confirm: async ({ lines, question, ifRefused, ifNobodyCanBeAsked: { message, hint } }) => {
      if (!canAsk()) throw new KmsError('InvalidArgument', message, { hint });
      process.stderr.write(`${lines.map(printable).join('\n  ')}\n`);
      const { confirm } = await import('../output/confirm.js');
      if (!(await confirm(question))) throw new KmsError('InvalidArgument', ifRefused);
    },
  };
}

async function pageLines(out: Terminal, lines: Lines): Promise<void> {
  if (!out.isTerminal || isDumb(process.env)) {
    await writeLines(process.stdout, lines);
    return;
  }
  const { printPaged } = await import('../output/pager.js');
  const print = (line: string) => process.stdout.write(`${line}\n`);
  await printPaged(lines, print, { ...knownSize(process.stdout), env: process.env });
}
