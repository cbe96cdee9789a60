// What all commands share: common flags, configuration, how errors are printed (text or JSON), exit
// codes, and the context of a run. Each command's own part is in commands/.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Command, Errors, Flags } from '@oclif/core';
import { clock } from './clock.js';
import { asksToCheck } from './command-line.js';
import { loadConfig, type Config } from '../settings/config.js';
import type { Deliveries } from '../report/deliveries.js';
import { parseDuration } from '../text/duration.js';
import { flagError, withoutFrame } from './flag-errors.js';
import { asKmsError, exitCodeOf, KmsError, type ExitCode } from '../errors.js';
import { parseCount, parseInstant, parseText } from './flag-values.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { OBJECT_TYPES } from '../kmip/vocabulary.js';
import { identityOf, inLiveContext } from './run-context.js';
import { LOG_FORMATS, logFormatIn, type LogFormat } from '../settings/log-format.js';
import { LOG_LEVELS, effectiveLogLevel, type LogLevel } from '../settings/log-level.js';
import { confirm } from '../output/confirm.js';
import { NO_NOTIFIER, type Notifier, createNotifier } from '../notify/notifier.js';
import { observeCommand, type Observation, type ObservationOptions } from './measure-command.js';
import { diagnosticsTo, sayHookOutput, type Diagnostics } from './diagnostics.js';
import { NO_PROGRESS } from '../output/progress.js';
import { inChunks, jsonPieces } from '../output/json-document.js';
import { terminalOf, type Terminal } from '../output/terminal.js';
import { printable } from '../text/printable.js';
import { writeLines, writeTexts, type Lines } from '../output/write-lines.js';
import { errorJson } from '../report/run-report.js';
import type { RunContext } from '../run/context.js';
import type { ConfigSources } from '../settings/resolve-settings.js';
import { parseShard, type Shard } from '../survey/shard.js';
import { watchSignals, type SignalWatch } from './signals.js';
import { BUSY_TIMEOUT_MS, openStore, type Store } from '../store/open.js';
import { shownUrl } from '../store/connect/shown-url.js';

/** Exit code of `--check` for every error, so that 1 can mean "no". */
const CHECK_FAILED = 255;

/** What is said while a whole store is read. */
export const LOOKING = 'looking through the store';

export const durationFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(parseDuration(text)),
  helpValue: '<duration>',
});

export const countFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(parseCount(text)),
  helpValue: '<number>',
});

export const shardFlag = Flags.custom<Shard>({
  parse: (text) => Promise.resolve(parseShard(text)),
  helpValue: '<I/N>',
});

export const instantFlag = Flags.custom<EpochSeconds>({
  parse: (text) => Promise.resolve(parseInstant(text)),
  helpValue: '<ISO 8601>',
});

export const textFlag = Flags.custom({
  parse: (text) => Promise.resolve(parseText(text)),
});

/** Flags that narrow a command to some objects. */
export const filterFlags = {
  owner: textFlag({ description: 'only objects of this owner' }),
  tag: textFlag({
    description: 'only objects with this tag; given more than once: with all of them',
    multiple: true,
    helpValue: '<tag>',
  }),
  type: Flags.string({
    description: 'only objects of this type',
    options: Object.keys(OBJECT_TYPES),
    helpValue: '<Object Type>',
  }),
};

/** The same for rotation policies, in place of uids. */
export const policyFilterFlags = {
  ...filterFlags,
  algorithm: textFlag({
    description: 'only objects of this Cryptographic Algorithm',
    helpValue: '<algorithm>',
  }),
};

/** Flags of the commands that print a list. */
export const listFlags = {
  columns: Flags.string({
    description: 'which columns, with commas between, as their titles name them',
    helpValue: '<names>',
  }),
  sort: Flags.string({
    description: 'by which column to sort; with a dash before it from the greatest on',
    helpValue: '<name>',
  }),
  csv: Flags.boolean({ description: 'print CSV', exclusive: ['json'], default: false }),
};

/** Flags of the commands that print schedules. */
export const scheduleFlags = {
  every: durationFlag({ description: 'how often keys are rotated', default: 3600 }),
  shards: countFlag({ description: 'how many runs share the work', default: 1 }),
};
/** For commands that a scheduler runs. */
export const metricsFlag = Flags.string({
  description: 'write figures of the run to this file, for Prometheus’ node_exporter',
  helpValue: '<file>',
});

/** Shared by all commands. */
export interface CommonFlags {
  readonly config?: string | undefined;
  readonly 'database-url'?: string | undefined;
  readonly 'log-format'?: LogFormat | undefined;
  readonly 'log-level'?: LogLevel | undefined;
  readonly quiet: boolean;
}

/** Of commands that rotate. */
interface RunFlags extends CommonFlags {
  readonly 'dry-run': boolean;
  readonly 'with-certificates'?: boolean | undefined;
  readonly concurrency?: number;
}

export const withCertificatesFlag = Flags.boolean({
  description: 'with a pair, have its certificates issued anew for the new key, by the same issuer',
  allowNo: true,
});

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    config: Flags.string({
      description: 'configuration file; without it ./kms.toml and the usual places are looked at',
      helpValue: '<file>',
      helpGroup: 'GLOBAL',
    }),
    'database-url': Flags.string({
      description: 'the key store: sqlite:PATH, a path, postgres://…, mysql://… or mariadb://…',
      helpValue: '<url>',
      helpGroup: 'GLOBAL',
    }),
    'log-format': Flags.custom<LogFormat>({ options: [...LOG_FORMATS] })({
      description: 'make a log of standard error, one event a line',
      helpValue: '<format>',
      helpGroup: 'GLOBAL',
    }),
    'log-level': Flags.custom<LogLevel>({ options: [...LOG_LEVELS] })({
      description: 'what to say on standard error; without it info on a terminal, warn elsewhere',
      helpValue: '<level>',
      helpGroup: 'GLOBAL',
    }),
    quiet: Flags.boolean({
      char: 'q',
      description: 'print errors alone',
      helpGroup: 'GLOBAL',
      default: false,
    }),
  };

  protected readonly out: Terminal = terminalOf(process.stdout, process.env);
  protected readonly err: Terminal = terminalOf(process.stderr, process.env);

  protected readonly runId = randomUUID();

  /** Until the configuration is known, it goes by what can be told without. */
  private diagnostics = this.diagnosticsAt('warn', logFormatIn(this.argv, process.env));

  /** Of a run, from its beginning until all is told: between the two a second signal must not be lost. */
  private signals: SignalWatch | null = null;

  /** Of a command that is measured. */
  private observation: Observation | null = null;

  /** Where settings come from. */
  protected sources(flags: CommonFlags): ConfigSources {
    return { flags: { ...flags }, env: process.env, cwd: process.cwd() };
  }

  protected configuration(flags: CommonFlags): Config {
    const config = loadConfig(this.sources(flags));
    const level = effectiveLogLevel({
      quiet: flags.quiet,
      named: config.logLevel,
      checking: asksToCheck(this.argv, this.ctor.flags),
      isTerminal: this.err.isTerminal,
    });
    this.diagnostics = this.diagnosticsAt(level, config.logFormat);
    for (const warning of config.warnings) this.say('info', warning);
    return config;
  }

  /** Opens the store, hands it over, and closes it whatever happens. */
  protected async withStore<T>(
    config: Config,
    mode: 'read' | 'write',
    use: (store: Store) => Promise<T>,
    connections = 1,
  ): Promise<T> {
    const options = { mode, busyTimeoutMs: BUSY_TIMEOUT_MS, connections };
    const store = await openStore(config.databaseUrl, options);
    try {
      if (store.missingIndexes.length > 0) this.say('info', withoutIndexes(store));
      return await use(store);
    } finally {
      await store.close();
    }
  }

  /** Runs with the context of a rotation run: clock, signals, progress. */
  protected async withRunContext<T>(
    config: Config,
    flags: RunFlags,
    use: (context: RunContext) => Promise<T>,
  ): Promise<T> {
    const signals = (this.signals ??= watchSignals());
    const stopRequested = () => signals.stopRequested();
    const dryRun = flags['dry-run'];
    const terms = {
      runId: this.runId,
      identity: this.identity(),
      firstDeadline: config.firstDeadline,
      serverKek: config.serverKek,
      withCertificates: flags['with-certificates'] ?? config.withCertificates,
      dryRun,
      stopRequested,
      notifier: dryRun ? NO_NOTIFIER : await this.notifier(config, stopRequested),
      diagnostics: this.diagnostics,
    };
    const useStore = (store: Store) => inLiveContext(store, terms, use);
    return this.withStore(config, dryRun ? 'read' : 'write', useStore, flags.concurrency);
  }

  /** Who does this, for the rotation log. */
  protected identity(): RunContext['identity'] {
    return identityOf(this.config.version);
  }

  /** Asks on a terminal. @throws KmsError where nobody can be asked, or the answer is no. */
  protected async agree(what: string, hint: string): Promise<void> {
    if (!process.stdin.isTTY || !this.err.isTerminal || this.jsonEnabled()) {
      throw new KmsError('InvalidArgument', what, { hint });
    }
    process.stderr.write(`${printable(what)}\n`);
    if (await confirm('Go on?')) return;
    throw new KmsError('InvalidArgument', 'nothing was changed');
  }

  /** Says who is to be told of what this command does, and tells them. @throws KmsError InvalidConfiguration */
  protected async notifier(
    config: Config,
    stopRequested = () => Promise.resolve(false),
  ): Promise<Notifier> {
    return createNotifier(config.notify, {
      runId: this.runId,
      host: hostname(),
      version: this.config.version,
      now: () => clock.now(),
      monotonicMs: () => performance.now(),
      stopRequested,
      onHookOutput: (output) => {
        sayHookOutput(this.diagnostics, output);
      },
    });
  }

  /** A line for each destination that something went wrong with. */
  protected sayUndelivered({ problems }: Deliveries): void {
    for (const { destination, message } of problems) {
      this.say('warn', `${destination ?? 'notifications'}: ${message}`);
    }
  }

  /** Says that something takes its time, on a terminal, until it is done. */
  protected async busy<T>(text: string, work: () => Promise<T>): Promise<T> {
    const progress = this.err.isTerminal ? await this.diagnostics.progress(text) : NO_PROGRESS;
    try {
      return await work();
    } finally {
      progress.stop();
    }
  }

  /** Prints lines of the result to standard output, unless --json or --quiet is given. */
  protected async print(flags: CommonFlags, lines: Iterable<string>): Promise<void> {
    if (flags.quiet || this.jsonEnabled()) return;
    await writeLines(process.stdout, lines);
  }

  /** The same, through a pager where it is more than the terminal holds. */
  protected async page(flags: CommonFlags, lines: Lines): Promise<void> {
    if (flags.quiet || this.jsonEnabled()) return;
    if (!this.out.isTerminal) {
      await writeLines(process.stdout, lines);
      return;
    }
    const { printPaged } = await import('../output/pager.js');
    const screen = { rows: process.stdout.rows, env: process.env };
    await printPaged(
      lines,
      (line) => {
        this.log(line);
      },
      screen,
    );
  }

  /** Prints what failed to standard error under --quiet, unless a document or a log has it. */
  protected async printFailures(flags: CommonFlags, lines: Iterable<string>): Promise<void> {
    if (!flags.quiet || this.jsonEnabled() || this.diagnostics.isLog) return;
    await writeLines(process.stderr, lines);
  }

  /** A word on standard error, where the log level lets it through. */
  protected say(level: LogLevel, text: string): void {
    this.diagnostics.note(level, text);
  }

  /** Has this command measured, from now to its end, and told to those who watch runs. */
  protected observe(config: Config, options: ObservationOptions): Observation {
    const command = (this.id ?? '').replaceAll(':', ' ');
    const { runId, diagnostics: log } = this;
    const version = this.config.version;
    this.observation = observeCommand({
      ...config.telemetry,
      ...options,
      ...{ command, runId, version, log },
    });
    return this.observation;
  }

  /** What is observed is sent when all else is done: whoever waits for the report has it. */
  protected override async _run<T>(): Promise<T> {
    try {
      const result = await super._run<T>();
      if (result && this.jsonEnabled()) await this.printJson(result);
      if (this.observation === null) return result;
      this.signals ??= watchSignals();
      await this.observation.end(Number(process.exitCode ?? 0) as ExitCode);
      return result;
    } finally {
      this.signals?.dispose();
    }
  }

  /** A run that fell back to the default store says so. */
  protected sayWhichStore(config: Config): void {
    if (!config.databaseIsDefault) return;
    this.say('warn', `no database was named; this was ${shownUrl(config.databaseUrl)}`);
  }

  /** Sets the exit code and returns the document that --json prints. */
  protected finish<T extends object>(document: T, exitCode: ExitCode): T {
    process.exitCode = exitCode;
    return document;
  }

  override logJson(): void {
    // oclif does not wait until it is written, so it is left to `_run`.
  }

  protected async printJson(document: object): Promise<void> {
    await writeTexts(process.stdout, inChunks(jsonPieces(document)));
    process.stdout.write('\n');
  }

  protected override async catch(error: Error): Promise<void> {
    // Thrown by --help and --version, which have printed what they had to say.
    if (error instanceof Errors.ExitError) throw error;
    const failure =
      error instanceof Errors.CLIError
        ? flagError(error.message, Object.keys({ ...this.ctor.baseFlags, ...this.ctor.flags }))
        : withoutFrame(asKmsError(error));
    if (asksToCheck(this.argv, this.ctor.flags)) {
      process.exitCode = CHECK_FAILED;
      return;
    }
    process.exitCode = exitCodeOf(failure);
    if (this.jsonEnabled()) {
      await this.printJson({ schema: 'kms.error/v1', error: errorJson(failure) });
    }
    this.printError(failure);
  }

  /** The document of --json tells of it too, so it is repeated in a log alone. */
  protected printError(error: KmsError): void {
    if (!this.jsonEnabled() || this.diagnostics.isLog) this.diagnostics.error(error);
  }

  private diagnosticsAt(level: LogLevel, format: LogFormat | null): Diagnostics {
    const { runId, err: terminal } = this;
    return diagnosticsTo(process.stderr, {
      level,
      format,
      terminal,
      runId,
      now: () => clock.now(),
    });
  }
}

function withoutIndexes({ shownUrl, missingIndexes }: Store): string {
  const missing = missingIndexes.join(', ');
  return `${shownUrl} lacks ${missing}: every row is read to find what is due or in a keyset, which takes the longer the more there are; kms init adds what is missing`;
}
