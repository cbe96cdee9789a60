// Which OpenTelemetry signals the environment asks for, and where each goes. Loads nothing: without an endpoint
// the rest of this folder is never loaded. How they are sent, send.ts says.

export type Environment = Readonly<Record<string, string | undefined>>;

const SIGNALS = ['metrics', 'traces'] as const;
export type Signal = (typeof SIGNALS)[number];

/** Returns the signals that have an endpoint and are not switched off by the standard variables. */
export function signalsWanted(env: Environment): readonly Signal[] {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return [];
  return SIGNALS.filter((signal) => endpointOf(signal, env) !== null && isExported(signal, env));
}

/** Returns the URL that a signal goes to, as the variables have it; null if they name none. */
export function endpointOf(signal: Signal, env: Environment): string | null {
  const specific = valueOf(env, specificVariable(signal, 'ENDPOINT'));
  if (specific !== null) return specific;
  const shared = valueOf(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  return shared === null ? null : `${shared.replace(/\/+$/, '')}/v1/${signal}`;
}

/** Returns a setting of the exporter: a signal's own variable goes before the one for all. */
export function exporterSetting(signal: Signal, name: string, env: Environment): string | null {
  return valueOf(env, specificVariable(signal, name)) ?? valueOf(env, `OTEL_EXPORTER_OTLP_${name}`);
}

/** An empty variable is taken for one that is not set (OpenTelemetry specification, "Environment variables"). */
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
