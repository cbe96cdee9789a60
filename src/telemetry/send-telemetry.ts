// Sends what was observed of a command to an OpenTelemetry collector, within a bound of time. What goes wrong is
// one sentence, never an error: a run's outcome does not depend on who watches it.
import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import { exportingUntil } from './otlp-export.js';
import { figuresOf, type FigureOptions, type Observed } from './run-metrics.js';
import type { Environment, Signal } from './endpoints.js';

/** For all signals together, in milliseconds. */
const BOUND_MS = 5000;

export interface SendOptions extends FigureOptions {
  readonly signals: readonly Signal[];
  readonly env: Environment;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
}

/** Resolves to null, or to what became of it if that is worth a word. */
export async function sendTelemetry(
  observed: Observed,
  terms: SendOptions,
): Promise<string | null> {
  const { env, signals, monotonicMs } = terms;
  const exporting = exportingUntil(monotonicMs() + BOUND_MS, monotonicMs, env);
  const remarks: string[] = [];
  diag.setLogger(remarking(remarks), {
    logLevel: DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  });
  const resource = resourceFor(observed);
  const send: Record<Signal, () => Promise<void>> = {
    metrics: async () => {
      const { sendMetrics } = await import('./otlp-metrics.js');
      const { version } = observed;
      await sendMetrics(figuresOf(observed, terms), { resource, version, env, exporting });
    },
    traces: async () => {
      const { sendTraces } = await import('./otlp-traces.js');
      await sendTraces(observed, { resource, exporting });
    },
  };
  const timer = new AbortController();
  const late = lapse(BOUND_MS, timer.signal);
  try {
    const problems = await Promise.all(
      signals.map((signal) => problemOf(signal, Promise.race([send[signal](), late]))),
    );
    return sentence([...problems.filter((problem) => problem !== null), ...remarks], env);
  } finally {
    timer.abort();
    exporting.close();
    diag.disable();
  }
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before what we say of ourselves. */
function resourceFor({ version }: Observed): Resource {
  const ours = { 'service.name': 'kms', 'service.version': version };
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

/** A collector's answer may hold anything, so of an answer its status alone is told. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  if (typeof code === 'number') return `the collector answered ${code}`;
  const message = error.message === '' ? error.name : error.message;
  return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
}

async function lapse(ms: number, signal: AbortSignal): Promise<never> {
  const { setTimeout: pause } = await import('node:timers/promises');
  await pause(ms, undefined, { signal });
  throw new Error(`no answer within ${ms / 1000} s`);
}

function remarking(remarks: string[]): DiagLogger {
  const remark = (message: string, ...more: readonly unknown[]) => {
    remarks.push([message, ...more].filter((part) => typeof part === 'string').join(' '));
  };
  const ignore = () => undefined;
  return { error: remark, warn: remark, info: ignore, debug: ignore, verbose: ignore };
}

const LONGEST_SENTENCE = 500;

/** Headers hold tokens, and no sentence of ours may quote one. */
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
