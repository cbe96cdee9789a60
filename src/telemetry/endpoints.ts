// Which OpenTelemetry signals the environment asks for, and their endpoints. It loads no package: without an endpoint
// the OpenTelemetry files of this folder are never loaded.
import type { Environment } from '../settings/environment.js';

const SIGNALS = ['metrics', 'traces'] as const;
export type Signal = (typeof SIGNALS)[number];

/** Returns the signals that have an endpoint and are not disabled by the standard variables. */
export function requestedSignals(env: Environment): readonly Signal[] {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return [];
  return SIGNALS.filter((signal) => endpointOf(signal, env) !== null && isExported(signal, env));
}

/** Returns the URL for a signal as the variables give it; null if they name none. */
export function endpointOf(signal: Signal, env: Environment): string | null {
  const specific = valueOf(env, specificVariable(signal, 'ENDPOINT'));
  if (specific !== null) return specific;
  const shared = valueOf(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  return shared === null ? null : `${shared.replace(/\/+$/, '')}/v1/${signal}`;
}

/** Returns a setting of the exporter: a variable for the signal overrides the one for all signals. */
export function exporterSetting(signal: Signal, name: string, env: Environment): string | null {
  return valueOf(env, specificVariable(signal, name)) ?? valueOf(env, `OTEL_EXPORTER_OTLP_${name}`);
}

/** An empty variable counts as unset (OpenTelemetry specification, "Environment variables"). */
function valueOf(env: Environment, name: string): string | null {
  const value = env[name]?.trim() ?? '';
  return value === '' ? null : value;
}

function specificVariable(signal: Signal, name: string): string {
  return `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`;
}

function isExported(signal: Signal, env: Environment): boolean {
  const exporters = valueOf(env, `OTEL_${signal.toUpperCase()}_EXPORTER`);
  return exporters === null || exporters.split(',').some((name) => name.trim() === 'otlp');
}
