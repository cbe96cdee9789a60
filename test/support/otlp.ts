// A collector: takes what is sent over OTLP/HTTP with JSON, and decodes it by the definitions of
// opentelemetry-proto. What it answers the test chooses. No assertions here.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface OtlpRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** As it came. */
  readonly json: unknown;
}

export interface Collector {
  readonly url: string;
  readonly requests: readonly OtlpRequest[];
  close(): Promise<void>;
}

export interface CollectorOptions {
  readonly status?: number;
  readonly body?: string;
  /** Takes requests and never answers. */
  readonly silent?: boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly onRequest?: () => void;
}

export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const requests: OtlpRequest[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const zipped = request.headers['content-encoding'] === 'gzip';
      const text = (zipped ? gunzipSync(body) : body).toString('utf8');
      requests.push({
        path: request.url ?? '',
        headers: request.headers,
        json: JSON.parse(text) as unknown,
      });
      options.onRequest?.();
      if (options.silent === true) return;
      response.writeHead(options.status ?? 200, { 'content-type': 'application/json' });
      response.end(options.body ?? '{}');
    });
  };
  const server: Server =
    options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** A message of protobufjs, as far as it is used here. */
interface MessageType {
  fromObject(object: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): object;
}

interface Definitions {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly metrics: { readonly v1: { readonly ExportMetricsServiceRequest: MessageType } };
        readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: MessageType } };
      };
    };
  };
}

const { default: definitions } =
  (await import('otlp-definitions/build/src/generated/root.js')) as unknown as {
    readonly default: Definitions;
  };

const { collector } = definitions.opentelemetry.proto;

export interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}

export interface Point {
  readonly attributes?: readonly Attribute[];
  readonly asInt?: string;
  readonly sum?: number;
  readonly count?: string;
  readonly explicitBounds?: readonly number[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
}

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly sum?: Series & { readonly isMonotonic: boolean };
  readonly gauge?: Series;
  readonly histogram?: Series;
}

interface Series {
  readonly dataPoints: readonly Point[];
  /** 1 is delta, 2 is cumulative. */
  readonly aggregationTemporality?: number;
}

interface Scope {
  readonly name: string;
  readonly version?: string;
}

export interface ResourceMetrics {
  readonly resource: { readonly attributes: readonly Attribute[] };
  readonly scopeMetrics: readonly { readonly scope: Scope; readonly metrics: readonly Metric[] }[];
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface ResourceSpans {
  readonly resource: { readonly attributes: readonly Attribute[] };
  readonly scopeSpans: readonly { readonly scope: Scope; readonly spans: readonly Span[] }[];
}

/** Through the wire's own encoding and back: what the definitions do not know is lost on the way. */
export function metricsIn(json: unknown): readonly ResourceMetrics[] {
  const message = throughTheWire(collector.metrics.v1.ExportMetricsServiceRequest, json);
  return (message as { resourceMetrics: readonly ResourceMetrics[] }).resourceMetrics;
}

/** The same of spans; in OTLP/JSON their ids are hexadecimal. */
function spansIn(json: unknown): readonly ResourceSpans[] {
  const message = throughTheWire(collector.trace.v1.ExportTraceServiceRequest, json);
  return (message as { resourceSpans: readonly ResourceSpans[] }).resourceSpans;
}

function throughTheWire(type: MessageType, json: unknown): object {
  const withBytes = JSON.parse(JSON.stringify(json), (name, value: unknown) =>
    /^(trace|span|parentSpan)Id$/.test(name) && typeof value === 'string'
      ? Buffer.from(value, 'hex').toString('base64')
      : value,
  ) as object;
  const decoded = type.decode(type.encode(type.fromObject(withBytes)).finish());
  return type.toObject(decoded, { longs: String, bytes: String });
}

export function attributesOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  );
}

/** All metrics of some requests, by name, the points of each together. */
export function metricsByName(requests: readonly OtlpRequest[]): ReadonlyMap<string, Metric> {
  const metrics = requests
    .filter(({ path }) => path.endsWith('/v1/metrics'))
    .flatMap(({ json }) => metricsIn(json))
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap((scope) => scope.metrics);
  return new Map(metrics.map((metric) => [metric.name, metric]));
}

export function pointsOf(metric: Metric | undefined): readonly Point[] {
  return (metric?.sum ?? metric?.gauge ?? metric?.histogram)?.dataPoints ?? [];
}

/** Attributes of each point, and its value; of a histogram, how many it counts. */
export function valuesIn(metric: Metric | undefined): readonly (readonly [object, unknown])[] {
  return pointsOf(metric).map((point) => [
    attributesOf(point.attributes),
    point.asInt ?? point.count,
  ]);
}

/** Every span of the first request. */
export function spansSent({ requests: [first] }: Collector): readonly Span[] {
  const scopes = spansIn(first?.json).flatMap(({ scopeSpans }) => scopeSpans);
  return scopes.flatMap(({ spans }) => spans);
}
