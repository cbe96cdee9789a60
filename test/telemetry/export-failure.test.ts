// Why an export failed, by what exporters and collectors say.
import assert from 'node:assert/strict';
import { ONLY_HTTP, reasonOf, unspokenProtocols } from '../../src/telemetry/export-failure.js';

describe('reasonOf', () => {
  for (const [what, message, more, reason] of [
    [
      'a port of gRPC',
      'Parse Error: Expected HTTP/',
      { code: 'HPE_INVALID_CONSTANT' },
      new RegExp(ONLY_HTTP),
    ],
    [
      'a status with a reason',
      'x',
      { code: 415, data: '{"code":3,"message":"only protobuf"}' },
      /^the collector answered 415 \(only protobuf\)$/,
    ],
    [
      'a status with a page',
      'x',
      { code: 400, data: '<h1>Bad\n request</h1>' },
      /^the collector answered 400 \(Bad request\)$/,
    ],
    ['a status alone', 'x', { code: 503 }, /^the collector answered 503$/],
    [
      'nobody there',
      'connect failed',
      { code: 'ECONNREFUSED' },
      /^connect failed \(ECONNREFUSED\)$/,
    ],
  ] as const) {
    it(`tells of ${what}`, () => {
      assert.match(reasonOf(Object.assign(new Error(message), more)), reason);
    });
  }

  it('does not show more than 200 characters of what a receiver says', () => {
    const reason = reasonOf(Object.assign(new Error('x'), { code: 400, data: 'y'.repeat(999) }));
    assert.ok(reason.length < 240);
  });
});

describe('unspokenProtocols', () => {
  it('names the variables that ask for gRPC', () => {
    const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    assert.deepEqual(unspokenProtocols(['metrics'], env), ['OTEL_EXPORTER_OTLP_PROTOCOL']);
    const other = { ...env, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' };
    assert.deepEqual(unspokenProtocols(['metrics'], other), []);
    assert.deepEqual(
      unspokenProtocols(['metrics', 'traces'], { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }),
      [],
    );
  });
});
