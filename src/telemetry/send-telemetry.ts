// Sends the metrics and spans of a command's run to an OpenTelemetry collector, within a time limit, or only connects to
// it. A failure is returned as one sentence and never thrown: the outcome of a run does not depend on its collector.
import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import { ONLY_HTTP, reasonOf, unspokenProtocols } from './export-failure.js';
import { openExportSession, type ExportSession } from './export-session.js';
import { runMetrics, type MetricOptions, type CommandRun } from './run-metrics.js';
import type { Signal } from './endpoints.js';
import type { Environment } from '../settings/environment.js';

/** The time limit for all signals together. */
const TIME_LIMIT_MS = 5000;

interface ExportOptions {
  readonly signals: readonly Signal[];
  readonly env: Environment;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
}

export type SendOptions = ExportOptions & MetricOptions;

/** Resolves to null, or to one sentence about what failed. */
export async function sendTelemetry(run: CommandRun, options: SendOptions): Promise<string | null> {
  const { env } = options;
  const { version } = run;
  const resource = resourceFor(run);
  return exportWithinLimit(options, (session) => ({
    metrics: async () => {
      const { sendMetrics } = await import('./otlp-metrics.js');
      await sendMetrics(runMetrics(run, options), { resource, version, env, session });
    },
    traces: async () => {
      const { sendTraces } = await import('./otlp-traces.js');
      await sendTraces(run, { resource, session });
    },
  }));
}

/** Makes a request for each signal that delivers nothing. Resolves to null, or to one sentence about what failed. */
export function connectCollector(options: ExportOptions): Promise<string | null> {
  return exportWithinLimit(options, (session) => ({
    metrics: async () => {
      const { sendNoMetrics } = await import('./otlp-metrics.js');
      await sendNoMetrics(session);
    },
    traces: async () => {
      const { sendNoTraces } = await import('./otlp-traces.js');
      await sendNoTraces(session);
    },
  }));
}

async function exportWithinLimit(
  { env, signals, monotonicMs }: ExportOptions,
  sendersOf: (session: ExportSession) => Readonly<Record<Signal, () => Promise<void>>>,
): Promise<string | null> {
  const session = openExportSession(monotonicMs() + TIME_LIMIT_MS, monotonicMs, env);
  const remarks: string[] = unspokenProtocols(signals, env).map(
    (name) => `${name} is grpc, but ${ONLY_HTTP}`,
  );
  diag.setLogger(
    loggerTo((remark) => remarks.push(remark)),
    {
      logLevel: DiagLogLevel.WARN,
      suppressOverrideMessage: true,
    },
  );
  const send = sendersOf(session);
  const timer = new AbortController();
  const late = lapse(TIME_LIMIT_MS, timer.signal);
  try {
    const problems = await Promise.all(
      signals.map((signal) => problemOf(signal, Promise.race([send[signal](), late]))),
    );
    return sentence([...problems.filter((problem) => problem !== null), ...remarks], env);
  } finally {
    timer.abort();
    session.close();
    diag.disable();
  }
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override our own attributes. */
function resourceFor({ version, store, host }: CommandRun): Resource {
  const ours = {
    'service.name': 'kms',
    'service.version': version,
    // Of several hosts with one store each is an instance.
    'service.instance.id': `${store}/${host}`,
    'host.name': host,
    'kms.store': store,
  };
  return defaultResource()
    .merge(resourceFromAttributes(ours))
    .merge(detectResources({ detectors: [envDetector] }));
}

async function problemOf(signal: Signal, sending: Promise<void>): Promise<string | null> {
  try {
    await sending;
    return null;
  } catch (error) {
    return `${signal} could not be sent: ${reasonOf(error)}`;
  }
}

async function lapse(ms: number, signal: AbortSignal): Promise<never> {
  const { setTimeout: pause } = await import('node:timers/promises');
  await pause(ms, undefined, { signal });
  throw new Error(`no answer within ${ms / 1000} s`);
}

/** A logger that passes on what OpenTelemetry says of errors, and nothing else. */
function loggerTo(write: (remark: string) => void): DiagLogger {
  const remark = (message: string, ...more: readonly unknown[]) => {
    write([message, ...more].filter((part) => typeof part === 'string').join(' '));
  };
  const ignore = () => undefined;
  return { error: remark, warn: remark, info: ignore, debug: ignore, verbose: ignore };
}

const LONGEST_SENTENCE = 500;

/** Joins the parts into one sentence, without the tokens that OTLP headers may hold. */
function sentence(parts: readonly string[], env: Environment): string | null {
  if (parts.length === 0) return null;
  const secrets = Object.entries(env)
    .filter(([name]) => /^OTEL_EXPORTER_OTLP_(\w+_)?HEADERS$/.test(name))
    .flatMap(([, value]) => (value ?? '').split(/[,=]/).slice(1))
    .filter((secret) => secret.trim() !== '');
  const text = [...new Set(parts)].join('; ');
  const safe = secrets.reduce((kept, secret) => kept.replaceAll(secret, '…'), text);
  return `telemetry: ${safe.replace(/\s+/g, ' ').slice(0, LONGEST_SENTENCE)}`;
}
