// The connections of one export to a collector: their HTTP agents, and a time limit that holds whatever the collector
// does. otlp-metrics.ts and otlp-traces.ts decide what is exported.
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { endpointOf, exporterSetting, type Signal } from './endpoints.js';
import type { Environment } from '../settings/environment.js';

export interface ExportSession {
  /** Returns the options for a new exporter. @throws Error for a bad variable, or when the time is up. */
  options(signal: Signal): ExporterOptions;
  /** Aborts every open connection, which would keep the process alive. */
  close(): void;
}

interface ExporterOptions {
  readonly url: string;
  readonly timeoutMillis: number;
  readonly httpAgentOptions: () => HttpAgent;
}

/** The default of OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds (OpenTelemetry Protocol Exporter). */
const DEFAULT_TIMEOUT_MS = 10_000;

/** Opens a session that ends at a time of `monotonicMs`. */
export function openExportSession(
  endsAtMs: number,
  monotonicMs: () => number,
  env: Environment,
): ExportSession {
  const agents: HttpAgent[] = [];
  let isOver = false;
  return {
    options: (signal) => {
      if (isOver) throw new Error('the time is up');
      const url = urlOf(signal, env);
      const agent = agentFor(url, signal, env);
      agents.push(agent);
      const remainingMs = Math.max(1, endsAtMs - monotonicMs());
      return {
        url: url.href,
        timeoutMillis: Math.min(timeoutOf(signal, env), remainingMs),
        httpAgentOptions: () => agent,
      };
    },
    close: () => {
      isOver = true;
      for (const agent of agents) agent.destroy();
    },
  };
}

interface ExportResult {
  readonly code: number;
  readonly error?: Error;
}

/** Runs an export and resolves when it has succeeded. @throws Error with the exporter's reason. */
export function runExport(
  start: (callback: (result: ExportResult) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    start(({ code, error }) => {
      if (code === 0) resolve();
      else reject(error ?? new Error('no reason given'));
    });
  });
}

function urlOf(signal: Signal, env: Environment): URL {
  const text = endpointOf(signal, env) ?? '';
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text);
  throw new Error(`the endpoint for ${signal} is no URL of http or https`);
}

function timeoutOf(signal: Signal, env: Environment): number {
  const given = Number(exporterSetting(signal, 'TIMEOUT', env) ?? DEFAULT_TIMEOUT_MS);
  return Number.isFinite(given) && given > 0 ? given : DEFAULT_TIMEOUT_MS;
}

function agentFor({ protocol }: URL, signal: Signal, env: Environment): HttpAgent {
  if (protocol === 'http:') return new HttpAgent();
  const fileIn = (name: string) => {
    const path = exporterSetting(signal, name, env);
    return path === null ? undefined : readFileSync(path);
  };
  return new HttpsAgent({
    ca: fileIn('CERTIFICATE'),
    cert: fileIn('CLIENT_CERTIFICATE'),
    key: fileIn('CLIENT_KEY'),
  });
}
