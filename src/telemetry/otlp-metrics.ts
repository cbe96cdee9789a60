// The instruments of a run, and their export over OTLP/HTTP (JSON). Only send.ts loads this.
import { ValueType, type Meter } from '@opentelemetry/api';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { counted, type Figures, type Labels } from './run-metrics.js';
import { exported, type Exporting } from './otlp-export.js';
import { exporterSetting, type Environment } from './endpoints.js';

/** How many keys' points go out in one request; a collector takes 20 MiB, a point has some 300 bytes. */
const KEYS_A_REQUEST = 10_000;

/** Bounds of the histogram, in seconds: those that come without asking are made for milliseconds. */
const DURATION_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** @throws Error if the collector does not take them. */
export async function sendMetrics(
  figures: Figures,
  { resource, version, env, exporting }: MetricOptions,
): Promise<void> {
  const newExporter = () =>
    new OTLPMetricExporter({ ...exporting.options('metrics'), ...temporality(env) });
  const selecting = newExporter();
  const reader = new OnDemandReader({
    aggregationTemporalitySelector: (type) => selecting.selectAggregationTemporality(type),
    // Beyond the usual 2000 they would be thrown together into one point without a uid.
    cardinalitySelector: () => Number.MAX_SAFE_INTEGER,
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('kms', version);
  recordRun(meter, figures);
  for (const record of perKey(meter, figures)) {
    record();
    const { resourceMetrics } = await reader.collect();
    const exporter = newExporter();
    await exported((callback) => {
      exporter.export(resourceMetrics, callback);
    });
  }
}

interface MetricOptions {
  readonly resource: Resource;
  readonly version: string;
  readonly env: Environment;
  readonly exporting: Exporting;
}

/** Collects when it is told to: a run is over in the time in which others collect once. */
class OnDemandReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Delta, as each run counts from nothing; what is set here would go before the variable. */
function temporality(env: Environment): {
  readonly temporalityPreference?: AggregationTemporalityPreference;
} {
  const wanted = exporterSetting('metrics', 'TEMPORALITY_PREFERENCE', env);
  return wanted === null ? { temporalityPreference: AggregationTemporalityPreference.DELTA } : {};
}

function recordRun(meter: Meter, { due, durationSeconds, outcome }: Figures): void {
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
        description: 'How long the longest overdue of them has been due.',
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

/** Returns what is recorded for one request after the other; at least one, for the figures of the run itself. */
function perKey(meter: Meter, figures: Figures): readonly (() => void)[] {
  const instruments: readonly (readonly [string, string, string, readonly Labels[]])[] = [
    ['kms.key.auto_rotation', '{rotation}', 'Keys rotated.', figures.rotated],
    [
      'kms.key.auto_rotation_failure',
      '{rotation}',
      'Keys that could not be rotated.',
      figures.failed,
    ],
    ['kms.key.rotation_warning', '{warning}', 'Deadline warnings given.', figures.warned],
  ];
  const additions = instruments.flatMap(([name, unit, description, points]) => {
    const counter = meter.createCounter(name, { unit, description, valueType: ValueType.INT });
    return counted(points).map(([labels, count]) => () => {
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
