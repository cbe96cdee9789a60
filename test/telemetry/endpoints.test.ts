// Which signals the standard variables ask for, and where they go (OpenTelemetry Protocol Exporter).
import assert from 'node:assert/strict';
import { endpointOf, exporterSetting, signalsWanted } from '../../src/telemetry/endpoints.js';

const BOTH = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('the signals that are sent', () => {
  it('are none without an endpoint', () => {
    assert.deepEqual(signalsWanted({}), []);
    assert.deepEqual(signalsWanted({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), []);
    assert.deepEqual(signalsWanted({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://c' }), []);
  });

  it('are all with an endpoint for all, and one with one of its own', () => {
    assert.deepEqual(signalsWanted(BOTH), ['metrics', 'traces']);
    assert.deepEqual(signalsWanted({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c' }), [
      'metrics',
    ]);
    assert.deepEqual(signalsWanted({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c' }), ['traces']);
  });

  it('are none when the SDK is disabled, whatever the case of the letters', () => {
    for (const OTEL_SDK_DISABLED of ['true', 'TRUE']) {
      assert.deepEqual(signalsWanted({ ...BOTH, OTEL_SDK_DISABLED }), []);
    }
    assert.deepEqual(signalsWanted({ ...BOTH, OTEL_SDK_DISABLED: '1' }), ['metrics', 'traces']);
  });

  it('are not those that have another exporter or none', () => {
    assert.deepEqual(signalsWanted({ ...BOTH, OTEL_TRACES_EXPORTER: 'none' }), ['metrics']);
    assert.deepEqual(signalsWanted({ ...BOTH, OTEL_METRICS_EXPORTER: 'prometheus' }), ['traces']);
    assert.deepEqual(signalsWanted({ ...BOTH, OTEL_METRICS_EXPORTER: 'console, otlp' }), [
      'metrics',
      'traces',
    ]);
  });
});

describe('the endpoint of a signal', () => {
  it('is below the one for all, and its own as it stands', () => {
    for (const base of ['http://c:1', 'http://c:1/']) {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: base };
      assert.equal(endpointOf('metrics', env), 'http://c:1/v1/metrics');
    }
    const env = { ...BOTH, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://other/as/is' };
    assert.equal(endpointOf('metrics', env), 'http://other/as/is');
    assert.equal(endpointOf('traces', env), 'http://collector:4318/v1/traces');
  });

  it('has settings of its own before those for all', () => {
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '1', OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '2' };
    assert.equal(exporterSetting('metrics', 'TIMEOUT', env), '2');
    assert.equal(exporterSetting('traces', 'TIMEOUT', env), '1');
    assert.equal(exporterSetting('traces', 'CERTIFICATE', env), null);
  });
});
