// How an export reaches the collector: by which agent, for how long at most, and how it ends whatever the
// collector does. What is exported is metrics.ts's and traces.ts's.
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { endpointOf, exporterSetting, type Environment, type Signal } from './endpoints.js';

export interface Exporting {
  /** Returns the options of an exporter that is made now. @throws Error on a bad variable. */
  options(signal: Signal): ExporterOptions;
  /** Ends what is still under way: an open connection would keep the process alive. */
  close(): void;
}

interface ExporterOptions {
  readonly url: string;
  readonly timeoutMillis: number;
  readonly httpAgentOptions: () => HttpAgent;
}

/** The default of OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds (OpenTelemetry Protocol Exporter). */
const USUAL_TIMEOUT_MS = 10_000;

/** Prepares exports that are over when the time is up. */
export function exportingUntil(
  endsAtMs: number,
  monotonicMs: () => number,
  env: Environment,
): Exporting {
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

/** Resolves when an export has succeeded. @throws Error why it has not. */
export function exported(start: (callback: (result: ExportResult) => void) => void): Promise<void> {
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
  const given = Number(exporterSetting(signal, 'TIMEOUT', env) ?? USUAL_TIMEOUT_MS);
  return Number.isFinite(given) && given > 0 ? given : USUAL_TIMEOUT_MS;
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
