// What a collector and node_exporter get from the built program, on every way out of it; and that a collector that
// is down, slow, unwell or not trusted costs one line on standard error, and never the exit code.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runBinary, runOn, type Ended } from '../support/binary.js';
import { makeAuthority } from '../support/certificates.js';
import { rotateOf } from '../support/documents.js';
import { interrupted } from '../support/interrupt.js';
import { need } from '../support/left-out.js';
import {
  metricsByName,
  spansSent,
  startCollector,
  valuesIn,
  type Collector,
  type CollectorOptions,
} from '../support/otlp.js';
import { storeWith } from '../support/sqlite.js';
import { aSymmetricKey, symmetricKeys } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { valuesOf } from '../support/values-of.js';

const MANY = 500;

const GOOD = aSymmetricKey({ uid: 'good' });
const BAD = aSymmetricKey({ uid: 'bad' }, { RotateInterval: 'often' });

/** What V8 writes where NODE_V8_COVERAGE says. */
interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly count: number }[];
    }[];
  }[];
}

const storeOf = (...rows: readonly ReturnType<typeof aSymmetricKey>[]) => storeWith(rows);

const collectors: Collector[] = [];

async function collectorFor(options: CollectorOptions = {}): Promise<Collector> {
  const collector = await startCollector(options);
  collectors.push(collector);
  return collector;
}

const endpoint = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url });

/** Returns what one run sent of an instrument: attributes and value of each point. */
function pointsSent({ requests }: Collector, instrument: string): readonly unknown[] {
  return valuesIn(metricsByName(requests).get(instrument));
}

describe('telemetry of the program', () => {
  after(async () => {
    for (const collector of collectors) await collector.close();
  });

  it('tells of each key once, and of the run', async () => {
    const collector = await collectorFor();
    const store = await storeOf(GOOD, BAD);
    const { code, stderr } = await runOn(store, ['rotate', 'due'], {
      env: endpoint(collector.url),
    });
    assert.deepEqual([code, stderr], [4, '']);
    assert.deepEqual(pointsSent(collector, 'kms.key.auto_rotation'), [
      [{ uid: 'good', algorithm: 'AES', outcome: 'success' }, '1'],
    ]);
    assert.deepEqual(pointsSent(collector, 'kms.key.auto_rotation_failure'), [
      [{ uid: 'bad', algorithm: 'unknown', reason: 'Undecidable' }, '1'],
    ]);
    assert.deepEqual(pointsSent(collector, 'kms.rotation.due'), [[{}, '2']]);
    assert.deepEqual(pointsSent(collector, 'kms.rotation.conditions'), [
      [{ kind: 'rotation-failed', reason: 'Undecidable' }, '1'],
    ]);
    assert.deepEqual(pointsSent(collector, 'kms.rotation.run_duration'), [
      [{ outcome: 'failure' }, '1'],
    ]);
  });

  it('has spans that lie within that of the run', async () => {
    const collector = await collectorFor();
    const store = await storeOf(GOOD);
    const before = BigInt(Date.now()) * 1_000_000n;
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` };
    await runOn(store, ['rotate', 'due'], { env });
    const after = BigInt(Date.now() + 1) * 1_000_000n;
    assert.deepEqual(valuesOf(collector.requests, 'path'), ['/v1/traces']);
    const [run = [], key = []] = ['kms rotate due', 'rotate'].map((name) => {
      const span = spansSent(collector).find((one) => one.name === name)!;
      return [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
    });
    const instants = [before, run[0]!, ...key, run[1]!, after];
    const inOrder = [...instants].sort((a, b) => Number(a - b));
    assert.deepEqual(inOrder, instants);
    assert.ok(key[1]! > key[0]!, 'takes time');
  });

  it('is sent by a run that finds nothing due, whose output stays empty', async () => {
    const collector = await collectorFor();
    const ended = await runOn(await storeOf(), ['rotate', 'due'], { env: endpoint(collector.url) });
    assert.deepEqual([ended.code, ended.stdout, ended.stderr], [0, '', '']);
    assert.deepEqual(pointsSent(collector, 'kms.rotation.due'), [[{}, '0']]);
  });

  it('is sent by a run that reaches no store', async () => {
    const collector = await collectorFor();
    const absent = join(temporaryFolder(), 'absent.db');
    const { code } = await runOn(absent, ['rotate', 'due'], { env: endpoint(collector.url) });
    assert.equal(code, 3);
    assert.deepEqual(pointsSent(collector, 'kms.rotation.run_duration'), [
      [{ outcome: 'error' }, '1'],
    ]);
  });

  it('is sent by rotate key, without what only a run knows', async () => {
    const collector = await collectorFor();
    const store = await storeOf(GOOD);
    await runOn(store, ['rotate', 'key', 'good'], { env: endpoint(collector.url) });
    assert.equal(pointsSent(collector, 'kms.key.auto_rotation').length, 1);
    assert.deepEqual(pointsSent(collector, 'kms.rotation.due'), []);
  });

  it('is not sent by a dry run, or with OTEL_SDK_DISABLED', async () => {
    const collector = await collectorFor();
    const store = await storeOf(GOOD);
    const env = endpoint(collector.url);
    await runOn(store, ['rotate', 'due', '--dry-run'], { env });
    await runOn(store, ['rotate', 'due'], { env: { ...env, OTEL_SDK_DISABLED: 'true' } });
    assert.deepEqual(collector.requests, []);
  });

  it('names no uid where the configuration says so', async () => {
    const collector = await collectorFor();
    const env = { ...endpoint(collector.url), KMS_TELEMETRY_UID_ATTRIBUTE: 'false' };
    await runOn(await storeOf(GOOD), ['rotate', 'due'], { env });
    assert.deepEqual(pointsSent(collector, 'kms.key.auto_rotation'), [
      [{ algorithm: 'AES', outcome: 'success' }, '1'],
    ]);
  });

  it('is sent after a first SIGTERM, with what was rotated', async function () {
    need(this, '/proc', existsSync('/proc/self/status'));
    this.timeout(60_000);
    const collector = await collectorFor();
    const rows = symmetricKeys(MANY);
    const store = await storeOf(...rows);
    const file = join(temporaryFolder(), 'kms.prom');
    const argv = ['rotate', 'due', '--metrics-file', file];
    const { code } = await interrupted(store, argv, ['SIGTERM'], endpoint(collector.url));
    assert.equal(code, 5);
    const rotated = pointsSent(collector, 'kms.key.auto_rotation').length;
    assert.ok(rotated > 0 && rotated < MANY, `${rotated} rotated`);
    assert.deepEqual(pointsSent(collector, 'kms.rotation.run_duration'), [
      [{ outcome: 'stopped' }, '1'],
    ]);
    assert.match(readFileSync(file, 'utf8'), /^kms_rotation_last_run_exit_code.* 5$/m);
  });
});

describe('a collector that does not do its part', function () {
  this.timeout(60_000);

  const failing: Record<string, () => Promise<Readonly<Record<string, string>>>> = {
    'is down': () => Promise.resolve(endpoint('http://127.0.0.1:1')),
    'does not answer': async () => endpoint((await collectorFor({ silent: true })).url),
    'answers 503': async () => endpoint((await collectorFor({ status: 503 })).url),
    'answers 400': async () => endpoint((await collectorFor({ status: 400 })).url),
    'has a certificate that nobody vouches for': async () => endpoint((await secured()).url),
    'cannot be named': () => Promise.resolve(endpoint('http://kms.invalid')),
    'has no URL': () => Promise.resolve(endpoint('collector:4317')),
  };

  async function secured(authority = makeAuthority('kms-test')) {
    const { cert, key } = authority.sign('localhost', { names: 'IP:127.0.0.1' });
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    return collectorFor({ tls });
  }

  /** Each waits up to 5 s for the collector, so they wait together. */
  const ended = new Map<string, Promise<readonly [Ended, number]>>();
  before(async () => {
    for (const [what, make] of Object.entries(failing)) {
      const store = await storeOf(GOOD, BAD);
      const env = await make();
      const began = performance.now();
      const run = async () => {
        const end = await runOn(store, ['rotate', 'due'], { env });
        return [end, performance.now() - began] as const;
      };
      ended.set(what, run());
    }
  });
  after(async () => {
    for (const collector of collectors) await collector.close();
  });

  for (const what of Object.keys(failing)) {
    it(`and ${what}, costs one line and no exit code`, async () => {
      const [{ code, stdout, stderr }, ms] = await ended.get(what)!;
      assert.equal(code, 4);
      assert.match(stderr, /^note: telemetry: .+\n$/);
      assert.match(stdout, /1 rotated, 1 failed/);
      // 5 s, and what all these programs take to start and work on a busy machine.
      assert.ok(ms < 30_000, `${ms} ms`);
    });
  }

  it('that is down, leaves a run that went well at 0, and the document of --json whole', async () => {
    const env = endpoint('http://127.0.0.1:1');
    const argv = ['rotate', 'due', '--json'];
    const { code, stdout } = await runOn(await storeOf(GOOD), argv, { env });
    assert.equal(code, 0);
    assert.equal(rotateOf(stdout).summary['rotated'], 1);
  });

  it('is trusted by the authority that the variable names', async () => {
    const authority = makeAuthority('kms-test');
    const collector = await secured(authority);
    const env = { ...endpoint(collector.url), OTEL_EXPORTER_OTLP_CERTIFICATE: authority.cert };
    const { stderr } = await runOn(await storeOf(GOOD), ['rotate', 'due'], { env });
    assert.equal(stderr, '');
    assert.equal(pointsSent(collector, 'kms.key.auto_rotation').length, 1);
  });
});

describe('--metrics-file', () => {
  it('is written by every run, whatever it ends with', async () => {
    const file = join(temporaryFolder(), 'kms.prom');
    const argv = ['rotate', 'due', '--metrics-file', file];
    const absent = join(temporaryFolder(), 'absent.db');
    for (const [store, code, says] of [
      [await storeOf(GOOD, BAD), 4, /^kms_rotation_due\{store="kms-[0-9a-f]{8}"\} 2$/m],
      [absent, 3, /^/],
      [await storeOf(), 0, /^/],
    ] as const) {
      assert.equal((await runOn(store, argv)).code, code);
      const written = readFileSync(file, 'utf8');
      const codes = written.matchAll(/^kms_rotation_last_run_exit_code.* (\d)$/gm);
      assert.equal([...codes].at(-1)?.[1], String(code));
      assert.match(written, says);
    }
  });

  it('comes from the configuration too, and is left alone by a dry run', async () => {
    const file = join(temporaryFolder(), 'kms.prom');
    const env = { KMS_TELEMETRY_METRICS_FILE: file };
    const store = await storeOf(GOOD);
    await runOn(store, ['rotate', 'due', '--dry-run'], { env });
    assert.ok(!existsSync(file));
    await runOn(store, ['rotate', 'due'], { env });
    assert.ok(existsSync(file));
  });

  it('that cannot be written costs one line and no exit code', async () => {
    const file = join(temporaryFolder(), 'not', 'there', 'kms.prom');
    const argv = ['rotate', 'due', '--metrics-file', file];
    const { code, stderr } = await runOn(await storeOf(GOOD), argv);
    assert.equal(code, 0);
    assert.match(stderr, /^note: the metrics file could not be written: .*ENOENT.*\n$/);
  });
});

describe('OpenTelemetry', () => {
  /** Returns the modules of OpenTelemetry in the bundle that a command ran. */
  async function loadedBy(argv: readonly string[], env: Readonly<Record<string, string>>) {
    const folder = join(temporaryFolder(), 'coverage');
    mkdirSync(folder);
    const store = await storeOf(GOOD);
    const run = { env: { KMS_DATABASE_URL: store, NODE_V8_COVERAGE: folder, ...env } };
    const { code, stderr } = await runBinary(argv, run);
    assert.equal(code, 0, stderr);
    const bundle = readdirSync(folder)
      .flatMap((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Coverage).result)
      .find(({ url }) => url.endsWith('/dist/kms.cjs'));
    assert.ok(bundle !== undefined);
    const ran = bundle.functions
      .filter(({ ranges: [whole] }) => whole !== undefined && whole.count > 0)
      .map(({ functionName }) => functionName);
    // The bundler names the function that a module became by the module's path.
    assert.ok(ran.some((name) => name.includes('node_modules/knex/')));
    return ran.filter((name) => name.includes('node_modules/@opentelemetry/'));
  }

  it('is not loaded without an endpoint, whatever a run writes', async () => {
    assert.deepEqual(await loadedBy(['rotate', 'due', '--metrics-file', '/dev/null/none'], {}), []);
  });

  it('is not loaded by a command that sends nothing, and is by one that does', async () => {
    const collector = await collectorFor();
    assert.deepEqual(await loadedBy(['due', 'list'], endpoint(collector.url)), []);
    assert.notDeepEqual(await loadedBy(['rotate', 'due'], endpoint(collector.url)), []);
    await collector.close();
  });
});
