// The OpenTelemetry instruments of a run, and their export over OTLP/HTTP (JSON). Only send-telemetry.ts loads this.
import { ValueType, type Meter } from '@opentelemetry/api';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { emptyResource, type Resource } from '@opentelemetry/resources';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { AHEAD } from './metric-names.js';
import { countByLabels, type Figure, type RunMetrics, type Labels } from './run-metrics.js';
import { runExport, type ExportSession } from './export-session.js';
import { exporterSetting } from './endpoints.js';
import type { Environment } from '../settings/environment.js';

/** Data points in one request. A collector accepts 20 MiB, and a point has about 300 bytes. */
const KEYS_A_REQUEST = 10_000;

/** Bounds of the histogram in seconds: the default ones are for milliseconds. */
const DURATION_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** @throws Error if the collector does not accept them. */
export async function sendMetrics(
  metrics: RunMetrics,
  { resource, version, env, session }: SendMetricsOptions,
): Promise<void> {
  const newExporter = () =>
    new OTLPMetricExporter({ ...session.options('metrics'), ...temporality(env) });
  const selecting = newExporter();
  const reader = new OnDemandReader({
    aggregationTemporalitySelector: (type) => selecting.selectAggregationTemporality(type),
    // Above the default of 2000 all further points would be merged into one without a uid.
    cardinalitySelector: () => Number.MAX_SAFE_INTEGER,
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('kms', version);
  recordRun(meter, metrics);
  recordStanding(meter, metrics);
  recordAhead(meter, metrics);
  for (const record of perKey(meter, metrics)) {
    record();
    const { resourceMetrics } = await reader.collect();
    const exporter = newExporter();
    await runExport((callback) => {
      exporter.export(resourceMetrics, callback);
    });
  }
}

/** @throws Error if the collector does not accept an empty request. */
export function sendNoMetrics(session: ExportSession): Promise<void> {
  const exporter = new OTLPMetricExporter(session.options('metrics'));
  return runExport((callback) => {
    exporter.export({ resource: emptyResource(), scopeMetrics: [] }, callback);
  });
}

interface SendMetricsOptions {
  readonly resource: Resource;
  readonly version: string;
  readonly env: Environment;
  readonly session: ExportSession;
}

/** Collects on demand: a run ends before a periodic reader would collect for the first time. */
class OnDemandReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Delta, since each run counts from zero. A value here would override the standard variable, so that is read first. */
function temporality(env: Environment): {
  readonly temporalityPreference?: AggregationTemporalityPreference;
} {
  const wanted = exporterSetting('metrics', 'TEMPORALITY_PREFERENCE', env);
  return wanted === null ? { temporalityPreference: AggregationTemporalityPreference.DELTA } : {};
}

function recordRun(meter: Meter, { due, durationSeconds, outcome }: RunMetrics): void {
  if (due !== null) {
    meter
      .createGauge('kms.rotation.due', {
        unit: '{key}',
        description: 'Keys that the run found due.',
        valueType: ValueType.INT,
      })
      .record(due.keys);
    meter
      .createGauge('kms.rotation.overdue_age', {
        unit: 's',
        description: 'How long the longest overdue key has been due.',
        valueType: ValueType.INT,
      })
      .record(due.overdueAgeSeconds);
  }
  meter
    .createHistogram('kms.rotation.run_duration', {
      unit: 's',
      description: 'How long a run took.',
      advice: { explicitBucketBoundaries: DURATION_BOUNDS },
    })
    .record(durationSeconds, { outcome });
}

function recordStanding(meter: Meter, { standing }: RunMetrics): void {
  if (standing === null) return;
  const instruments: readonly (readonly [string, string, string, readonly Figure[]])[] = [
    ['conditions', '{condition}', 'What is wrong in the store.', standing.conditions],
    [
      'oldest_condition_age',
      's',
      'How long the oldest condition has lasted; 0 if nothing is wrong.',
      [[{}, standing.oldestConditionAgeSeconds]],
    ],
    ['last_good_run', 's', 'When the last good run ended, since 1970.', standing.lastGoodRuns],
    ['cadence', 's', 'How often runs are started.', standing.cadences],
  ];
  for (const [name, unit, description, figures] of instruments) {
    recordGauge(meter, `kms.rotation.${name}`, { unit, description }, figures);
  }
}

function recordAhead(meter: Meter, { ahead }: RunMetrics): void {
  if (ahead.length === 0) return;
  const [, description] = AHEAD;
  recordGauge(meter, 'kms.deadlines_ahead', { unit: '{deadline}', description }, ahead);
}

function recordGauge(
  meter: Meter,
  name: string,
  about: { readonly unit: string; readonly description: string },
  figures: readonly Figure[],
): void {
  const gauge = meter.createGauge(name, { ...about, valueType: ValueType.INT });
  for (const [labels, value] of figures) gauge.record(value, labels);
}

/** Returns a recording step for each request; at least one, which carries the metrics of the run itself. */
function perKey(meter: Meter, metrics: RunMetrics): readonly (() => void)[] {
  const instruments: readonly (readonly [string, string, string, readonly Labels[]])[] = [
    ['kms.key.auto_rotation', '{rotation}', 'Keys rotated.', metrics.rotated],
    [
      'kms.key.auto_rotation_failure',
      '{rotation}',
      'Keys that could not be rotated.',
      metrics.failed,
    ],
    ['kms.key.rotation_warning', '{warning}', 'Deadline warnings given.', metrics.warned],
  ];
  const additions = instruments.flatMap(([name, unit, description, points]) => {
    const counter = meter.createCounter(name, { unit, description, valueType: ValueType.INT });
    return countByLabels(points).map(([labels, count]) => () => {
      counter.add(count, labels);
    });
  });
  const requests: (() => void)[] = [];
  for (let start = 0; start === 0 || start < additions.length; start += KEYS_A_REQUEST) {
    const some = additions.slice(start, start + KEYS_A_REQUEST);
    requests.push(() => {
      for (const add of some) add();
    });
  }
  return requests;
}
