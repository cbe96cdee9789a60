// The base of every command: global flags, configuration, exit codes and errors. printing.ts prints, session.ts opens
// the store. The commands are in commands/.
import { randomUUID } from 'node:crypto';
import { Command, Errors } from '@oclif/core';
import { asKmsError, type ExitCode, type KmsError } from '../errors.js';
import { loadConfig, type Config } from '../settings/config.js';
import { logFormatIn } from '../settings/log-format.js';
import { effectiveLogLevel } from '../settings/log-level.js';
import type { ConfigSources } from '../settings/resolve-settings.js';
import type { ChainHead } from '../store/own/chain/chain-details.js';
import { unopenedStoreLabel } from '../store/store-label.js';
import { asksToCheck } from './command-line.js';
import { flagError, withoutFrame } from './flag-errors.js';
import { globalFlags, type CommonFlags } from './flags.js';
import { newPrinter } from './printing.js';
import {
  exitCodeSoFar,
  reportBesides,
  reportError,
  reportUnwritten,
  type ErrorReportOptions,
} from './report-error.js';
import { newSession } from './session.js';
import { uncaughtError } from './uncaught.js';

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = globalFlags;

  /** Whether exit code 1 is an answer, so that every error ends with 255. */
  protected readonly answersByExitCode: boolean = false;

  private readonly runId = randomUUID();

  protected readonly printer = newPrinter({
    runId: this.runId,
    isJson: () => this.jsonEnabled(),
    logFormat: logFormatIn(this.argv, process.env),
  });

  protected readonly session = newSession({
    runId: this.runId,
    version: this.config.version,
    commandName: () => (this.id ?? '').replaceAll(':', ' '),
    printer: this.printer,
  });

  /** Returns where settings come from. */
  protected sources(flags: CommonFlags): ConfigSources {
    return { flags: { ...flags }, env: process.env, cwd: process.cwd() };
  }

  /** Loads the configuration, and notes what is odd about it. @throws KmsError InvalidConfiguration */
  protected configuration(flags: CommonFlags): Config {
    const config = loadConfig(this.sources(flags));
    const level = effectiveLogLevel({
      quiet: flags.quiet,
      named: config.logLevel,
      checking: this.isCheck(),
      isTerminal: this.printer.err.isTerminal,
    });
    this.printer.setDiagnostics(level, config.logFormat);
    this.printer.setStore(unopenedStoreLabel(config.storeName, config.databaseUrl));
    for (const warning of config.warnings) this.printer.note('info', warning);
    return config;
  }

  /** Sets the exit code and returns the document that --json prints. */
  protected finish<T extends object>(document: T, exitCode: ExitCode): T {
    process.exitCode = exitCode;
    return document;
  }

  /** The measurement is sent last: whoever waits for the report has it by then. */
  protected override async _run<T>(): Promise<T> {
    const work = this.runToEnd<T>();
    const crash = uncaughtError().then((error) => this.end(error));
    return Promise.race([work, crash]);
  }

  private async runToEnd<T>(): Promise<T> {
    try {
      const result = await super._run<T>();
      if (result && this.jsonEnabled())
        await this.printer.printDocument(withHeads(result, this.session.auditHeads.all));
      await this.endOutput();
      return result;
    } finally {
      this.session.close();
    }
  }

  /** Reports an error that nobody caught, and ends the process: what the command still holds open would keep it. */
  private async end(error: KmsError): Promise<never> {
    await this.catch(error);
    await this.endOutput();
    process.exit();
  }

  /** A result that could not be written changes the exit code, and with it what heartbeat and measurement tell. */
  private async endOutput(): Promise<void> {
    await reportUnwritten(this.reporting());
    const unkept = this.session.auditHeads.failure();
    if (unkept !== null) reportBesides(unkept, this.reporting());
    process.exitCode = await this.session.endHeartbeat(exitCodeSoFar());
    await this.session.endMeasurement(exitCodeSoFar());
  }

  override logJson(): void {
    // oclif would not wait until the document is written. `_run` prints it.
  }

  protected override async catch(error: Error): Promise<void> {
    // --help and --version throw it once they have printed everything.
    if (error instanceof Errors.ExitError) throw error;
    const failure =
      error instanceof Errors.CLIError
        ? flagError(error.message, Object.keys({ ...this.ctor.baseFlags, ...this.ctor.flags }))
        : withoutFrame(asKmsError(error));
    await reportError(failure, this.reporting());
  }

  private reporting(): ErrorReportOptions {
    const { answersByExitCode, printer } = this;
    return { isCheck: this.isCheck(), answersByExitCode, printer };
  }

  private isCheck(): boolean {
    return asksToCheck(this.argv, this.ctor.flags);
  }
}

/** The document of whatever has changed a store tells what it has left in the log. */
function withHeads(document: object, auditHeads: readonly ChainHead[]): object {
  return auditHeads.length === 0 ? document : { ...document, auditHeads };
}
