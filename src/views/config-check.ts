// What is wrong with a configuration, as far as it can be known without a connection: by the functions that a run calls.
// Problems would end a run with 2, or with 6 after its rotations; warnings would change no exit code of configuration.
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { KmsError, resultOrError, type ExitCode } from '../errors.js';
import { destinationOf } from '../files/destination.js';
import { systemCodeOf } from '../files/system-error.js';
import type { DestinationProblem } from '../notify/destination.js';
import { exceptionWarnings } from '../notify/webhooks/proxy.js';
import { errorJson } from '../report/error-json.js';
import type { Config } from '../settings/config.js';
import type { Environment } from '../settings/environment.js';
import { assertMayConnect } from '../store/connect/assert-may-connect.js';
import { requestedSignals } from '../telemetry/endpoints.js';
import { openExportSession } from '../telemetry/export-session.js';

export interface ConfigCheck {
  /** The configuration file that was read; null if there is none. */
  readonly file: string | null;
  readonly problems: readonly KmsError[];
  readonly warnings: readonly string[];
}

/** Whether the store, a receiver or the collector can be reached. */
export interface ConnectionResult {
  readonly name: string;
  /** Why it cannot; null if it was reached. */
  readonly error: string | null;
  /** What a run would end with for it. */
  readonly exitCode: ExitCode;
}

/** Looks at a configuration that could be loaded, and at what its destinations are missing. */
export function checkConfig(
  file: string | null,
  config: Config,
  destinations: readonly Pick<DestinationProblem, 'error'>[],
  env: Environment,
): ConfigCheck {
  const store = storeError(config.databaseUrl);
  const isProblem = store?.reason === 'InvalidConfiguration';
  return {
    file,
    problems: [
      ...(store !== null && isProblem ? [store] : []),
      ...destinations.map(({ error }) => error),
    ],
    warnings: [
      ...config.warnings,
      ...(store !== null && !isProblem ? [store.message] : []),
      ...metricsFileWarnings(config.telemetry.metricsFile),
      ...telemetryWarnings(env),
      ...exceptionWarnings(env),
    ],
  };
}

export function configCheckLines({ file, warnings }: ConfigCheck): readonly string[] {
  return [
    file === null
      ? 'no configuration file was found; all other settings are valid'
      : `valid: ${file}`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}

export function connectionLines(connections: readonly ConnectionResult[]): readonly string[] {
  return connections.map(({ name, error }) =>
    error === null ? `${name}: reached` : `${name}: failed: ${error}`,
  );
}

/** The connections are null if none was asked for. */
export function configCheckJson(
  { file, problems, warnings }: ConfigCheck,
  connections: readonly ConnectionResult[] | null,
): object {
  const schema = 'kms.config-check/v1';
  const shown = connections?.map(({ name, error }) => {
    return { name, outcome: error === null ? 'reached' : 'failed', error };
  });
  return {
    schema,
    file,
    problems: problems.map(errorJson),
    warnings,
    connections: shown ?? null,
  };
}

function storeError(url: string): KmsError | null {
  const result = resultOrError(() => {
    assertMayConnect(url);
  });
  return result instanceof KmsError ? result : null;
}

function metricsFileWarnings(path: string | null): readonly string[] {
  if (path === null) return [];
  try {
    const { target, descriptor } = destinationOf(path);
    if (descriptor !== null) return [];
    if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === true) {
      return [`telemetry.metrics_file: ${path} is a folder`];
    }
    accessSync(dirname(target), constants.W_OK);
    return [];
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === null) throw error;
    return [`telemetry.metrics_file: ${path} cannot be written (${code})`];
  }
}

/** A run says these and goes on. */
function telemetryWarnings(env: Environment): readonly string[] {
  const session = openExportSession(Infinity, () => 0, env);
  const warnings = requestedSignals(env).flatMap((signal) => {
    try {
      session.options(signal);
      return [];
    } catch (error) {
      return [
        `telemetry: ${signal} cannot be sent: ${error instanceof Error ? error.message : 'unknown'}`,
      ];
    }
  });
  session.close();
  return warnings;
}
