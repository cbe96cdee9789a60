// The spans of a run, one for it and one for each key, and their export over OTLP/HTTP (JSON). Only send.ts
// loads this.
import { context, SpanStatusCode, trace, type Attributes, type HrTime } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { summaryOf, type Result } from '../report/run-report.js';
import type { Observed } from './run-metrics.js';
import { exported, type Exporting } from './otlp-export.js';

const SPANS_A_REQUEST = 10_000;

/** @throws Error if the collector does not take them. */
export async function sendTraces(
  observed: Observed,
  { resource, exporting }: { readonly resource: Resource; readonly exporting: Exporting },
): Promise<void> {
  const spans = spansOf(observed, resource);
  for (let start = 0; start < spans.length; start += SPANS_A_REQUEST) {
    const exporter = new OTLPTraceExporter(exporting.options('traces'));
    const some = spans.slice(start, start + SPANS_A_REQUEST);
    await exported((callback) => {
      exporter.export(some, callback);
    });
  }
}

/** Spans have an end when they are handed over; those that the sampler leaves out are not among them. */
function spansOf(observed: Observed, resource: Resource): readonly ReadableSpan[] {
  const ended: ReadableSpan[] = [];
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: (span) => {
          if ((span.spanContext().traceFlags & SAMPLED) !== 0) ended.push(span);
        },
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  const tracer = provider.getTracer('kms', observed.version);
  const at = (ms: number) => instant(observed.originMs + ms);
  const run = tracer.startSpan(`kms ${observed.command}`, {
    root: true,
    startTime: at(observed.beganMs),
    attributes: runAttributes(observed),
  });
  if (observed.exitCode !== 0) {
    const message = observed.report?.error?.message ?? `exit code ${observed.exitCode}`;
    run.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  const within = trace.setSpan(context.active(), run);
  for (const result of observed.report?.results ?? []) {
    const { fromMs, toMs } = result.took ?? { fromMs: observed.endedMs, toMs: observed.endedMs };
    const options = { startTime: at(fromMs), attributes: keyAttributes(result) };
    const span = tracer.startSpan('rotate', options, within);
    if (result.error !== null) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: result.error.message });
    }
    span.end(at(toMs));
  }
  run.end(at(observed.endedMs));
  return ended;
}

/** Trace Context, "Trace Flags": whether it is recorded. */
const SAMPLED = 1;

function runAttributes({ runId, exitCode, report, warnings }: Observed): Attributes {
  const summary = report === null ? null : summaryOf(report);
  return {
    'kms.run_id': runId,
    'kms.exit_code': exitCode,
    ...(summary === null
      ? {}
      : {
          'kms.due': summary.due,
          'kms.rotated': summary.rotated,
          'kms.failed': summary.failed,
          'kms.not_attempted': summary.notAttempted,
        }),
    ...(warnings === null ? {} : { 'kms.warnings': warnings.given.length }),
  };
}

function keyAttributes(result: Result): Attributes {
  const { uid, outcome, flow, replacementUid, error, objectSummary } = result;
  return {
    'kms.uid': uid,
    'kms.outcome': outcome,
    'kms.algorithm': objectSummary.algorithm ?? 'unknown',
    ...(flow === null ? {} : { 'kms.flow': flow }),
    ...(replacementUid === null ? {} : { 'kms.replacement_uid': replacementUid }),
    ...(error === null ? {} : { 'error.type': error.reason }),
  };
}

/** Seconds and nanoseconds: a number of milliseconds could be taken for one since the process began. */
function instant(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}
