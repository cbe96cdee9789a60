// Which signals the standard variables ask for, and their endpoints (OpenTelemetry Protocol Exporter).
import assert from 'node:assert/strict';
import { endpointOf, exporterSetting, requestedSignals } from '../../src/telemetry/endpoints.js';

const BOTH = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('the requested signals', () => {
  it('are none without an endpoint', () => {
    assert.deepEqual(requestedSignals({}), []);
    assert.deepEqual(requestedSignals({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), []);
    assert.deepEqual(requestedSignals({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://c' }), []);
  });

  it('are all with a shared endpoint, and one with an endpoint of its own', () => {
    assert.deepEqual(requestedSignals(BOTH), ['metrics', 'traces']);
    assert.deepEqual(requestedSignals({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c' }), [
      'metrics',
    ]);
    assert.deepEqual(requestedSignals({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c' }), [
      'traces',
    ]);
  });

  it('are none if OTEL_SDK_DISABLED is true, in any case', () => {
    for (const OTEL_SDK_DISABLED of ['true', 'TRUE']) {
      assert.deepEqual(requestedSignals({ ...BOTH, OTEL_SDK_DISABLED }), []);
    }
    assert.deepEqual(requestedSignals({ ...BOTH, OTEL_SDK_DISABLED: '1' }), ['metrics', 'traces']);
  });

  it('do not include those with another exporter or none', () => {
    assert.deepEqual(requestedSignals({ ...BOTH, OTEL_TRACES_EXPORTER: 'none' }), ['metrics']);
    assert.deepEqual(requestedSignals({ ...BOTH, OTEL_METRICS_EXPORTER: 'prometheus' }), [
      'traces',
    ]);
    assert.deepEqual(requestedSignals({ ...BOTH, OTEL_METRICS_EXPORTER: 'console, otlp' }), [
      'metrics',
      'traces',
    ]);
  });
});

describe('the endpoint of a signal', () => {
  it('is a path below the shared endpoint, or its own endpoint unchanged', () => {
    for (const base of ['http://c:1', 'http://c:1/']) {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: base };
      assert.equal(endpointOf('metrics', env), 'http://c:1/v1/metrics');
    }
    const env = { ...BOTH, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://other/as/is' };
    assert.equal(endpointOf('metrics', env), 'http://other/as/is');
    assert.equal(endpointOf('traces', env), 'http://collector:4318/v1/traces');
  });

  it('has settings of its own that override the shared ones', () => {
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '1', OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '2' };
    assert.equal(exporterSetting('metrics', 'TIMEOUT', env), '2');
    assert.equal(exporterSetting('traces', 'TIMEOUT', env), '1');
    assert.equal(exporterSetting('traces', 'CERTIFICATE', env), null);
  });
});
