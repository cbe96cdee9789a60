// What arrives at a collector, decoded by the definitions of opentelemetry-proto: names, units, attributes,
// temporality and values of the instruments, the spans, and the resource of both.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { UNKNOWN_OBJECT } from '../../src/report/object-summary.js';
import type { CommandRun } from '../../src/telemetry/run-metrics.js';
import { sendTelemetry, type SendOptions } from '../../src/telemetry/send-telemetry.js';
import {
  attributesOf,
  metricsByName,
  metricsIn,
  pointsOf,
  spansSent,
  startCollector,
  valuesIn,
  type Collector,
  type CollectorOptions,
} from '../support/otlp.js';
import { aReport, aResult } from '../support/reports.js';
import { JANUARY } from '../support/symmetric-keys.js';
import { valuesOf } from '../support/values-of.js';

const AES = { ...UNKNOWN_OBJECT, algorithm: 'AES' };
const STALE = new KmsError('WrappingKeyNotActive', 'its wrapping key is not Active');

const RESULTS = [
  aResult({ uid: 'a', objectSummary: AES, took: { fromMs: 100, toMs: 350 } }),
  aResult({ uid: 'b', took: { fromMs: 200, toMs: 500 } }),
  aResult({
    uid: 'c',
    objectSummary: AES,
    outcome: 'failed',
    replacementUid: null,
    error: STALE,
    took: { fromMs: 200, toMs: 300 },
  }),
];

const ORIGIN_MS = 1_768_032_000_000;

function aCommandRun(changes: Partial<CommandRun> = {}): CommandRun {
  return {
    command: 'rotate due',
    runId: '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01',
    version: '1.2.3',
    ...{ host: 'test-host', store: 'test-store' },
    originMs: ORIGIN_MS,
    beganMs: 50,
    endedMs: 1300,
    exitCode: 4,
    report: aReport({
      results: RESULTS,
      notAttempted: 2,
      longestOverdueSeconds: 86_400,
      standing: {
        conditions: [
          { kind: 'stale-dependant', reason: 'WrappingKeyNotActive', firstSeenAt: JANUARY },
        ],
        runs: [{ scope: {}, cadenceSeconds: 900, lastGoodAt: JANUARY }],
      },
    }),
    warnings: null,
    ...changes,
  };
}

/** The exporter reads some of the variables from the process itself. */
async function sending(
  env: Readonly<Record<string, string>>,
  changes: Partial<CommandRun & SendOptions & CollectorOptions> = {},
): Promise<{ readonly collector: Collector; readonly problem: string | null }> {
  const collector = await startCollector(changes);
  const saved = Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_'));
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env };
  Object.assign(process.env, variables);
  try {
    const problem = await sendTelemetry(aCommandRun(changes), {
      signals: changes.signals ?? ['metrics'],
      withUid: changes.withUid ?? true,
      env: process.env,
      monotonicMs: changes.monotonicMs ?? (() => performance.now()),
    });
    return { collector, problem };
  } finally {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, Object.fromEntries(saved));
    await collector.close();
  }
}

describe('metrics over OTLP', () => {
  it('are the instruments of a run with units, attributes and values', async () => {
    const { collector, problem } = await sending({});
    assert.equal(problem, null);
    const metrics = metricsByName(collector.requests);
    const seen = [...metrics].map(([name, metric]) => [name, metric.unit, valuesIn(metric)]);
    assert.deepEqual(Object.fromEntries(seen.map(([name, ...rest]) => [name, rest])), {
      'kms.key.auto_rotation': [
        '{rotation}',
        [
          [{ uid: 'a', algorithm: 'AES', outcome: 'success' }, '1'],
          [{ uid: 'b', algorithm: 'unknown', outcome: 'success' }, '1'],
        ],
      ],
      'kms.key.auto_rotation_failure': [
        '{rotation}',
        [[{ uid: 'c', algorithm: 'AES', reason: 'WrappingKeyNotActive' }, '1']],
      ],
      'kms.rotation.cadence': ['s', [[{ scope: 'all' }, '900']]],
      'kms.rotation.conditions': [
        '{condition}',
        [[{ kind: 'stale-dependant', reason: 'WrappingKeyNotActive' }, '1']],
      ],
      'kms.rotation.due': ['{key}', [[{}, '5']]],
      'kms.rotation.last_good_run': ['s', [[{ scope: 'all' }, String(JANUARY)]]],
      'kms.rotation.oldest_condition_age': ['s', [[{}, '1']]],
      'kms.rotation.overdue_age': ['s', [[{}, '86400']]],
      'kms.rotation.run_duration': ['s', [[{ outcome: 'failure' }, '1']]],
    });
    const [duration] = pointsOf(metrics.get('kms.rotation.run_duration'));
    assert.deepEqual([duration?.sum, duration?.count], [1.25, '1']);
    assert.ok(duration?.explicitBounds?.includes(0.5), 'bounds are seconds');
  });

  it('contain no field that the definitions do not know', async () => {
    const { collector } = await sending({});
    const json = collector.requests[0]?.json as { resourceMetrics: unknown };
    const countByLabels = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce((sum: number, item) => sum + countByLabels(item), 0)
        : 1;
    // Empty lists and zeros are not sent; everything else must be on both sides.
    const names = (value: unknown): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([name, item]) => [name, ...names(item)])
        : [];
    const known = metricsIn(json);
    const decoded = new Set(names(known));
    const emptyOnTheWire = ['droppedAttributesCount', 'flags', 'schemaUrl', 'min', 'max'];
    const lost = [...new Set(names(json.resourceMetrics))].filter(
      (name) => !decoded.has(name) && !emptyOnTheWire.includes(name),
    );
    assert.deepEqual(lost, []);
    assert.ok(countByLabels(known) > 50);
  });

  it('are counters of the meter kms, with delta temporality', async () => {
    const { collector } = await sending({});
    const [{ scopeMetrics }] = metricsIn(collector.requests[0]?.json) as [
      ReturnType<typeof metricsIn>[0],
    ];
    assert.deepEqual(valuesOf(scopeMetrics, 'scope'), [{ name: 'kms', version: '1.2.3' }]);
    const metrics = metricsByName(collector.requests);
    const sum = metrics.get('kms.key.auto_rotation')?.sum;
    assert.deepEqual([sum?.aggregationTemporality, sum?.isMonotonic], [1, true]);
    assert.equal(metrics.get('kms.rotation.run_duration')?.histogram?.aggregationTemporality, 1);
  });

  for (const [preference, temporality] of [
    ['cumulative', 2],
    ['delta', 1],
    ['lowmemory', 1],
  ] as const) {
    it(`are ${preference} if the variable asks for it`, async () => {
      const env = { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference };
      const { collector } = await sending(env);
      const sum = metricsByName(collector.requests).get('kms.key.auto_rotation')?.sum;
      assert.equal(sum?.aggregationTemporality, temporality);
    });
  }

  it('count by algorithm if uids are left out', async () => {
    const results = ['a', 'b', 'c'].map((uid) => aResult({ uid, objectSummary: AES }));
    const { collector } = await sending({}, { report: aReport({ results }), withUid: false });
    const points = valuesIn(metricsByName(collector.requests).get('kms.key.auto_rotation'));
    assert.deepEqual(points, [[{ algorithm: 'AES', outcome: 'success' }, '3']]);
  });

  it('name every key of a large run, in requests that a collector accepts', async () => {
    const results = Array.from({ length: 12_000 }, (_, index) => aResult({ uid: `key-${index}` }));
    // The collector decodes them in this process, which takes its time on a busy machine.
    const standing = { monotonicMs: () => 0 };
    const { collector, problem } = await sending({}, { ...standing, report: aReport({ results }) });
    assert.equal(problem, null);
    assert.equal(collector.requests.length, 2);
    const uids = collector.requests.flatMap((request) =>
      pointsOf(metricsByName([request]).get('kms.key.auto_rotation')).map(
        ({ attributes }) => attributesOf(attributes)['uid'],
      ),
    );
    assert.equal(new Set(uids).size, results.length);
    assert.ok(!uids.includes(undefined));
  });

  it('include warnings with their threshold as text', async () => {
    const issued = [{ uid: 'w', algorithm: 'RSA', kind: 'rotation', thresholdDays: 30 } as const];
    const warnings = {
      issued,
      near: [...issued, { ...issued[0]!, uid: 'given-before' }],
      ahead: [{ rotations: 2, expiries: 1 }],
    };
    const { collector } = await sending({}, { report: null, warnings, exitCode: 0 });
    const metrics = metricsByName(collector.requests);
    const warning = metrics.get('kms.key.rotation_warning');
    assert.equal(warning?.unit, '{warning}');
    const given = { uid: 'w', algorithm: 'RSA', threshold_days: '30', kind: 'rotation' };
    assert.deepEqual(valuesIn(warning), [[given, '1']]);
    assert.deepEqual(valuesIn(metrics.get('kms.deadlines_ahead')), [
      [{ weeks_ahead: '0', kind: 'rotation' }, '2'],
      [{ weeks_ahead: '0', kind: 'expiry' }, '1'],
    ]);
    assert.ok(!metrics.has('kms.rotation.due'));
  });

  for (const [outcome, codes] of [
    ['success', [0]],
    ['error', [1, 2, 3]],
    ['failure', [4]],
    ['stopped', [5, 130, 143]],
    ['undelivered', [6]],
  ] as const) {
    it(`include only the duration and outcome of a run without a report: ${outcome}`, async () => {
      for (const exitCode of codes) {
        const { collector } = await sending({}, { report: null, exitCode });
        const metrics = metricsByName(collector.requests);
        assert.deepEqual([...metrics.keys()], ['kms.rotation.run_duration']);
        const values = valuesIn(metrics.get('kms.rotation.run_duration'));
        assert.deepEqual(values, [[{ outcome }, '1']], String(exitCode));
      }
    });
  }
});

describe('the resource', () => {
  const resourceOf = async (env: Record<string, string>) => {
    const { collector } = await sending(env);
    const [metrics] = metricsIn(collector.requests[0]?.json);
    return attributesOf(metrics?.resource.attributes);
  };

  it('is the service kms in its version', async () => {
    const resource = await resourceOf({});
    assert.deepEqual([resource['service.name'], resource['service.version']], ['kms', '1.2.3']);
  });

  it('follows OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME', async () => {
    const resource = await resourceOf({
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,service.name=other',
      OTEL_SERVICE_NAME: 'rotation-eu',
    });
    assert.equal(resource['service.name'], 'rotation-eu');
    assert.equal(resource['deployment.environment.name'], 'prod');
  });
});

describe('traces over OTLP', () => {
  it('are a span for the run and a child span for each key with its duration', async () => {
    const { collector, problem } = await sending({}, { signals: ['traces'] });
    assert.equal(problem, null);
    assert.deepEqual(valuesOf(collector.requests, 'path'), ['/v1/traces']);
    const spans = spansSent(collector);
    const run = spans.find(({ name }) => name === 'kms rotate due');
    const keys = spans.filter(({ name }) => name === 'rotate');
    const ms = (nanos: string) =>
      Number((BigInt(nanos) - BigInt(ORIGIN_MS) * 1_000_000n) / 1000n) / 1000;
    assert.deepEqual([ms(run!.startTimeUnixNano), ms(run!.endTimeUnixNano)], [50, 1300]);
    const seen = keys.map(({ attributes, startTimeUnixNano, endTimeUnixNano, status }) => {
      const uid = attributesOf(attributes)['kms.uid'];
      return [uid, ms(startTimeUnixNano), ms(endTimeUnixNano), status.code ?? 0];
    });
    assert.deepEqual(seen, [
      ['a', 100, 350, 0],
      ['b', 200, 500, 0],
      ['c', 200, 300, 2],
    ]);
    assert.ok(keys.every((span) => span.parentSpanId === run!.spanId));
    assert.ok(keys.every((span) => span.traceId === run!.traceId));
    const attributes = attributesOf(keys[2]!.attributes);
    assert.equal(attributes['error.type'], 'WrappingKeyNotActive');
    assert.equal(attributesOf(run!.attributes)['kms.exit_code'], 4);
  });

  it('are dropped as the configured sampler says', async () => {
    const { collector, problem } = await sending(
      { OTEL_TRACES_SAMPLER: 'always_off' },
      { signals: ['traces'] },
    );
    assert.deepEqual([collector.requests.length, problem], [0, null]);
  });
});

describe('a failure of the collector', () => {
  it('is one sentence for all signals together', async () => {
    const { problem } = await sending({}, { status: 400, signals: ['metrics', 'traces'] });
    assert.equal(
      problem,
      'telemetry: metrics could not be sent: the collector answered 400; traces could not be sent: the collector answered 400',
    );
  });

  it('is reported if the collector accepted only a part', async () => {
    const body = '{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too many"}}';
    const { problem } = await sending({}, { body });
    assert.match(problem ?? '', /^telemetry: .*Partial Success.*rejectedDataPoints.*3/);
  });

  it('is reported with what it said, without headers or address', async () => {
    const sent = async (...of: Parameters<typeof sending>) => (await sending(...of)).problem;
    const headers = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20marker-token' };
    const answered = await sent(headers, { status: 401, body: '<b>no such\ntoken</b>' });
    const start = 'telemetry: metrics could not be sent: the';
    assert.equal(answered, `${start} collector answered 401 (no such token)`);
    const named = await sent({ OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://user:marker-password@host' });
    assert.equal(named, `${start} endpoint for metrics is no URL of http or https`);
  });

  it('is reported for a missing certificate file too', async () => {
    const { problem } = await sending({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/nonexistent/ca.pem',
    });
    assert.match(problem ?? '', /ENOENT/);
  });
});

describe('the standard variables', () => {
  it('set headers and compression', async () => {
    const { collector } = await sending({
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=one',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    });
    const [request] = collector.requests;
    assert.equal(request?.headers['x-tenant'], 'one');
    assert.equal(request.headers['content-encoding'], 'gzip');
    assert.ok(metricsByName(collector.requests).has('kms.rotation.due'));
  });
});
