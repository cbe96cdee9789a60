// What a run sends, leaves in a file and logs, found by having the program do so for a run that is made up: so the
// manual lists every metric, label and member of a log as they are.
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import { json } from 'node:stream/consumers';
import { KmsError } from '../../../src/errors.ts';
import {
  deliveryErrorRecord,
  errorRecord,
  finishedRecord,
  rewrappedRecord,
  resultRecord,
  startedRecord,
} from '../../../src/report/log-records.ts';
import { failedResult, skippedResult } from '../../../src/report/rotation-result.ts';
import { sendTelemetry } from '../../../src/telemetry/send-telemetry.ts';
import { prometheusText } from '../../../src/telemetry/textfile.ts';

const NO_DELIVERIES = { accepted: 0, failed: 0, givenUp: 0, problems: [] };
const ERROR = new KmsError('Unsupported', 'made up', { uid: 'key' });

const rotated = {
  ...skippedResult('key', 'plain'),
  outcome: 'rotated',
  took: { fromMs: 0, toMs: 1 },
};
const failed = failedResult('key', 'plain', ERROR);
const standing = {
  conditions: [{ kind: 'rotation-failed', reason: 'Unsupported', firstSeenAt: 0 }],
  runs: [{ scope: {}, cadenceSeconds: 900, lastGoodAt: 0 }],
};
const report = {
  ...{ runId: 'run', dryRun: false, startedAt: 0, finishedAt: 1, results: [rotated, failed] },
  ...{
    rewrappedDependants: [],
    retired: [],
    notices: [],
    rewrappingInterrupted: false,
    notAttempted: 0,
  },
  ...{ longestOverdueSeconds: 1, error: null, deliveries: NO_DELIVERIES, standing },
};
const warning = { uid: 'key', algorithm: 'AES', kind: 'rotation', thresholdDays: 7 };

const run = {
  ...{ command: 'rotate due', runId: 'run', version: '0', originMs: 0, beganMs: 0, endedMs: 1 },
  ...{ host: 'host', store: 'store' },
  ...{ exitCode: 4, report, warnings: null },
};
const warnings = {
  ...run,
  ...{ command: 'warnings', exitCode: 0, report: null },
  warnings: { issued: [warning], near: [warning], ahead: [{ rotations: 1, expiries: 0 }] },
};

/** Each metric that a run or `kms warnings` sends, with its attributes. */
export async function metrics() {
  const sent = [...(await metricsOf(run)), ...(await metricsOf(warnings))];
  const byName = new Map(sent.map((metric) => [metric.name, metric]));
  return [...byName.values()].map(({ name, unit, description, ...data }) => {
    const [kind] = Object.keys(data);
    return {
      ...{ name, unit, description },
      kind: { sum: 'counter', gauge: 'gauge', histogram: 'histogram' }[kind],
      attributes: (data[kind].dataPoints[0].attributes ?? []).map(({ key }) => key),
    };
  });
}

/** Sends to a collector that takes everything, and returns what it got. */
async function metricsOf(observed) {
  const got = [];
  const server = createServer(async (request, response) => {
    const { resourceMetrics } = await json(request);
    got.push(...resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics[0].metrics));
    response.end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.address().port}` };
  const problem = await sendTelemetry(observed, {
    signals: ['metrics'],
    withUid: true,
    env,
    monotonicMs: () => performance.now(),
  });
  server.closeAllConnections();
  server.close();
  if (problem !== null) throw new Error(problem);
  return got;
}

/** Each figure of the files that a run and `kms warnings` leave, with its labels. */
export function textfile() {
  const common = { withUid: true, now: 0, labels: {} };
  const options = { ...common, cadenceSeconds: null, storeIsKnown: true };
  const text = prometheusText(warnings, options, prometheusText(run, options)).replace(
    /^# section \d+\n/gm,
    '',
  );
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE.*\n\S+?(?:\{(.*)\})? /gm)].map(
    ([, name, help, labels = '']) => ({
      ...{ name, help },
      // Every figure has the label of the store.
      labels: [...labels.matchAll(/(\w+)="/g)]
        .map(([, label]) => label)
        .filter((label) => label !== 'store'),
    }),
  );
}

/** The events of the log, those together that may have the same members besides those of every line. */
export function logEvents() {
  const results = ['rotated', 'failed', 'skipped', 'would-rotate'];
  const mended = { ...rotated, fromWrappingKeyUid: 'a', toWrappingKeyUid: 'b', outcome: 'mended' };
  const events = [
    startedRecord('rotate due'),
    ...results.map((outcome) => resultRecord({ ...rotated, outcome })),
    rewrappedRecord(mended),
    rewrappedRecord({ ...mended, error: ERROR, outcome: 'failed' }),
    finishedRecord('rotate due', report, { exitCode: 4, durationMs: 1 }),
    deliveryErrorRecord(ERROR),
    errorRecord(ERROR),
  ];
  const byMembers = new Map();
  for (const { event, fields } of events) {
    const members = Object.keys(fields).join();
    byMembers.set(members, [...(byMembers.get(members) ?? []), event]);
  }
  return [...byMembers].map(([members, names]) => ({ events: names, members: members.split(',') }));
}
