// The OpenTelemetry spans of a run, one for the run and one for each key, and their export over OTLP/HTTP (JSON).
// Only send-telemetry.ts loads this.
import { context, SpanStatusCode, trace, type Attributes, type HrTime } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { summaryOf } from '../report/run-report.js';
import type { CommandRun } from './run-metrics.js';
import { runExport, type ExportSession } from './export-session.js';
import type { RotationResult } from '../report/rotation-result.js';

const SPANS_A_REQUEST = 10_000;

/** @throws Error if the collector does not accept them. */
export async function sendTraces(
  run: CommandRun,
  { resource, session }: { readonly resource: Resource; readonly session: ExportSession },
): Promise<void> {
  const spans = spansOf(run, resource);
  for (let start = 0; start < spans.length; start += SPANS_A_REQUEST) {
    const exporter = new OTLPTraceExporter(session.options('traces'));
    const some = spans.slice(start, start + SPANS_A_REQUEST);
    await runExport((callback) => {
      exporter.export(some, callback);
    });
  }
}

/** @throws Error if the collector does not accept an empty request. */
export function sendNoTraces(session: ExportSession): Promise<void> {
  const exporter = new OTLPTraceExporter(session.options('traces'));
  return runExport((callback) => {
    exporter.export([], callback);
  });
}

/** Returns the ended spans, without those that the sampler drops. */
function spansOf(run: CommandRun, resource: Resource): readonly ReadableSpan[] {
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
  const tracer = provider.getTracer('kms', run.version);
  const at = (ms: number) => instant(run.originMs + ms);
  const rootSpan = tracer.startSpan(`kms ${run.command}`, {
    root: true,
    startTime: at(run.beganMs),
    attributes: runAttributes(run),
  });
  if (run.exitCode !== 0) {
    const message = run.report?.error?.message ?? `exit code ${run.exitCode}`;
    rootSpan.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  const within = trace.setSpan(context.active(), rootSpan);
  for (const result of run.report?.results ?? []) {
    const { fromMs, toMs } = result.took ?? { fromMs: run.endedMs, toMs: run.endedMs };
    const options = { startTime: at(fromMs), attributes: keyAttributes(result) };
    const span = tracer.startSpan('rotate', options, within);
    if (result.error !== null) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: result.error.message });
    }
    span.end(at(toMs));
  }
  rootSpan.end(at(run.endedMs));
  return ended;
}

/** The sampled flag (W3C Trace Context, "Trace Flags"). */
const SAMPLED = 1;

function runAttributes({ runId, exitCode, report, warnings }: CommandRun): Attributes {
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
    ...(warnings === null ? {} : { 'kms.warnings': warnings.issued.length }),
  };
}

function keyAttributes(result: RotationResult): Attributes {
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

/** Returns seconds and nanoseconds: OpenTelemetry may read a number of milliseconds as time since process start. */
function instant(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}
