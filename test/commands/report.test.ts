// `kms report`, `kms forecast` and `kms history`: what is wrong, what is ahead, what was done.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AuditHeads from '../../src/commands/audit/heads.js';
import DueList from '../../src/commands/due/list.js';
import Forecast from '../../src/commands/forecast.js';
import History from '../../src/commands/history.js';
import Report from '../../src/commands/report.js';
import { removeAdditions } from '../../src/store/prepare/additions.js';
import { runCommand, runJson } from '../support/command.js';
import { describeOnSqlite } from '../support/databases.js';
import { aCertificate } from '../support/dated-certificates.js';
import { errorOf } from '../support/documents.js';
import { runDue } from '../support/run.js';
import { schemaErrors } from '../support/schema.js';
import { sql } from '../support/sql.js';
import {
  aSymmetricKey,
  dateOf,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  storeWith,
} from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';
import { valuesOf } from '../support/values-of.js';

const UNREADABLE = [
  ['garbage', 'MalformedObject'],
  ['hollow', 'Unsupported'],
  ['no-row', 'MalformedObject'],
] as const;

const NOW = JANUARY + 45 * DAY;

type AnyCommand = typeof Report | typeof Forecast | typeof History;

interface ForecastDocument {
  readonly by: string;
  readonly buckets: readonly { readonly rotations: number; readonly expiries: number }[];
  readonly failures: readonly { readonly uid: string; readonly error: { reason: string } }[];
}

const expiriesIn = ({ buckets }: ForecastDocument) =>
  buckets.reduce((sum, { expiries }) => sum + expiries, 0);

/** Of each key the first of what is found about it. */
const firstOf = (keys: readonly { uid: string; found: readonly { name: string }[] }[]) =>
  Object.fromEntries(keys.map(({ uid, found: [first] }) => [uid, first?.name]));

const shortcomingsIn = ({ keys }: ReportDocument) =>
  keys.map(({ uid, shortcomings }) => [uid, ...valuesOf(shortcomings, 'name')]);

interface ReportDocument {
  readonly summary: {
    readonly keys: number;
    readonly nonCompliant: number;
    readonly byShortcoming: Readonly<Record<string, number>>;
  };
  readonly keys: readonly {
    readonly uid: string;
    readonly compliant: boolean;
    readonly shortcomings: readonly { readonly name: string; readonly detail: string }[];
  }[];
}

async function json<T>(name: string, command: AnyCommand, store: string, argv: string[] = []) {
  const { exitCode, document } = await runJson(command, store, argv, NOW);
  assert.equal(exitCode, 0, JSON.stringify(document));
  assert.deepEqual(schemaErrors(name, document), []);
  return document as T;
}

describeOnSqlite('reports', (database) => {
  let store: string;
  before(async () => {
    store = await newStorePath(database);
    await insertRows(store, [
      aSymmetricKey({ uid: 'fine', intervalSeconds: 90 * DAY }),
      aSymmetricKey({ uid: 'overdue' }),
      aSymmetricKey({ uid: 'failing' }, {}, { object: '{"SymmetricKey": {}}' }),
      aSymmetricKey({ uid: 'unarmed', intervalSeconds: null }),
      aSymmetricKey({ uid: 'opted-out' }, { RotateAutomatic: false }),
      aSymmetricKey({ uid: 'retired', intervalSeconds: null }, {}, { state: 'Deactivated' }),
      aSymmetricKey({ uid: 'bobs', owner: 'bob@example.org' }),
    ]);
    await insertRows(
      store,
      [
        aCertificate({ id: 'ended', notAfter: NOW - 1 }),
        aCertificate({ id: 'ends', notAfter: NOW + 5 * DAY }),
      ],
      ['_cert'],
    );
    await runDue(store, JANUARY + 44 * DAY, { maxKeys: 1 });
  });

  it('say of each key whether it complies, and if not why, the most pressing first', async () => {
    const report = await json<ReportDocument>('report', Report, store);
    const reasons = new Map(shortcomingsIn(report).map(([uid, ...names]) => [uid, names]));
    for (const [uid, ...names] of [
      ['fine'],
      ['unarmed', 'no-policy'],
      ['opted-out', 'opted-out'],
      ['ended', 'expired', 'no-policy'],
      ['ends', 'no-policy'],
    ]) {
      assert.deepEqual(reasons.get(uid), names, uid);
    }
    assert.equal(reasons.get('retired'), undefined);
    assert.equal(report.keys[0]?.uid, 'ended');
    assert.equal(report.summary.nonCompliant, report.keys.filter((key) => !key.compliant).length);
  });

  it('name each kind of wrong date, as kms due list --explain does', async () => {
    const path = await newStorePath(database);
    const on = (member: string, instant: number) => ({ [member]: dateOf(instant) });
    const keyset = { RotateName: 'set', RotateGeneration: 0, RotateLatest: true };
    await insertRows(path, [
      aSymmetricKey({ uid: 'past' }, on('DeactivationDate', NOW - DAY)),
      aSymmetricKey(
        { uid: 'near' },
        { RotateInterval: 0, ...on('DeactivationDate', NOW + 2 * DAY) },
      ),
      aSymmetricKey({ uid: 'asleep' }, on('ActivationDate', NOW - DAY), { state: 'PreActive' }),
      aSymmetricKey({ uid: 'later' }, on('RotateDate', NOW + 9999 * DAY)),
      aSymmetricKey({ uid: 'set' }, keyset, { state: 'Deactivated' }),
    ]);
    const expected = {
      past: 'ended',
      near: 'ending',
      asleep: 'not-activated',
      later: 'future-date',
      set: 'no-usable-generation',
    };
    const report = await json<ReportDocument>('report', Report, path);
    const reported = report.keys.map(({ uid, shortcomings: found }) => ({ uid, found }));
    assert.deepEqual(firstOf(reported), expected);
    const { document } = await runJson(DueList, path, ['--explain'], NOW);
    assert.deepEqual(schemaErrors('due-list', document), []);
    const { keys } = document as {
      readonly keys: readonly { uid: string; remarks: readonly { name: string }[] }[];
    };
    assert.deepEqual(firstOf(keys.map(({ uid, remarks: found }) => ({ uid, found }))), expected);
    const shown = await runCommand(DueList, path, ['--explain'], NOW);
    assert.match(shown.stdout, /^asleep +not-active .*still PreActive/m);
    for (const uid of Object.keys(expected)) {
      await sql(path, `UPDATE objects SET owner = '${uid}' WHERE id = '${uid}'`);
      const { exitCode } = await runCommand(Report, path, ['--check', '--owner', uid], NOW);
      assert.equal(exitCode, 1, uid);
    }
  });

  it('answer by exit code alone with --check', async () => {
    const check = async (argv: string[]) => {
      const ended = await runCommand(Report, store, ['--check', ...argv], NOW);
      assert.deepEqual([ended.stdout, ended.stderr], ['', '']);
      return ended.exitCode;
    };
    assert.equal(await check([]), 1);
    assert.equal(await check(['--owner', 'nobody@example.org']), 0);
  });

  it('print a table with what to do above, CSV and HTML', async () => {
    const table = await runCommand(Report, store, [], NOW);
    assert.match(table.stdout, /^\d+ of \d+ keys do not comply:\n(?: +\d+ .*\n)+\nUID/);
    assert.ok(!table.stdout.includes('fine'));
    const csv = await runCommand(Report, store, ['--format', 'csv', '--all'], NOW);
    const about = 'as-of,store,url,host,version,filters,rules,audit-heads,conditions';
    assert.ok(csv.stdout.startsWith(`uid,reasons,due,why,key,owner,${about}\n`));
    assert.match(csv.stdout, /^fine,complies,/m);
    const html = await runCommand(Report, store, ['--format', 'html'], NOW);
    assert.match(html.stdout, /^<!doctype html>/);
    assert.doesNotMatch(html.stdout, /(?:src|href)=/);
  });

  it('say in every format what they are about, and in the title that they are filtered', async () => {
    const narrowed = ['--owner', 'bob@example.org', '--max-interval', '3w'];
    const { stdout } = await runCommand(Report, store, narrowed, NOW);
    assert.match(stdout, /^1 of 1 keys that match the filters does not comply:\n/);
    const said = stdout.replace(/\s+/g, ' ');
    for (const fact of [
      'As of 2026-02-24T08:00:00Z Keys 1 Store ',
      /Seen from \S+, kms \d/,
      'Filters owner bob@example.org Rules first deadline offset, ',
      'at least 112 bits of security, intervals of at most 21d, warnings 30, 7, 1 days before',
    ]) {
      assert.ok(typeof fact === 'string' ? said.includes(fact) : fact.test(said), `${fact}`);
    }
    const document = await json<object>('report', Report, store, narrowed);
    const { title, rules } = document as { title: string; rules: Record<string, unknown> };
    assert.equal(title, '1 of 1 keys that match the filters does not comply');
    assert.equal(rules['maxIntervalSeconds'], 21 * DAY);
    const head = (await runCommand(AuditHeads, store, [], NOW)).stdout.trim();
    assert.match(head, /^\S+:2:[0-9a-f]{64}$/);
    assert.ok(said.includes(`Audit heads ${head} `));
    const csv = await runCommand(Report, store, [...narrowed, '--format', 'csv'], NOW);
    assert.match(
      csv.stdout,
      /\n[^,]+,over-max-interval,.*,owner bob@example.org,"first deadline.*at most 21d,/,
    );
    assert.ok(csv.stdout.includes(`,${head},`));
  });

  it('call longer intervals than the greatest allowed wrong, by flag or setting', async () => {
    const failing = async (...argv: string[]) => {
      const report = await json<ReportDocument>('report', Report, store, argv);
      return report.summary.byShortcoming['over-max-interval'];
    };
    assert.equal(await failing(), undefined);
    assert.equal(await failing('--max-interval', '90d'), undefined);
    assert.equal(await failing('--max-interval', '89d'), 1);
    const config = join(temporaryFolder(), 'kms.toml');
    writeFileSync(config, '[report]\nmax_interval = "1w"\nminimum_strength = 300\n');
    assert.ok(((await failing('--config', config)) ?? 0) > 1);
    const { summary } = await json<ReportDocument>('report', Report, store, ['--config', config]);
    assert.ok((summary.byShortcoming['weak'] ?? 0) > 1);
    for (const bad of ['0', '2', 'ever']) {
      const { exitCode, stderr } = await runCommand(Report, store, ['--max-interval', bad], NOW);
      assert.deepEqual([exitCode, stderr.startsWith('error: --max-interval must be a')], [2, true]);
    }
  });

  it('tell with --compare what became better or worse, in a table, JSON and HTML', async () => {
    const earlier = join(temporaryFolder(), 'earlier.json');
    const compare = ['--compare', earlier];
    const { document: before } = await runJson(Report, store, [], NOW);
    writeFileSync(earlier, JSON.stringify(before));
    const { comparison } = await json<{ comparison: { keys: { uid: string }[] } }>(
      'report',
      Report,
      store,
      [...compare, '--minimum-strength', '300'],
    );
    assert.ok(valuesOf(comparison.keys, 'uid').includes('fine'));
    const table = await runCommand(Report, store, [...compare, '--max-interval', '89d'], NOW);
    assert.match(table.stdout, /\nSince the report of 2026-02-24T08:00:00Z:\n {2}Then \d of /);
    assert.match(table.stdout, /\n {2}The rules changed, .*: maxIntervalSeconds\.\n/);
    assert.match(table.stdout, /\n {2}worse {2}fine: now over-max-interval\n/);
    const html = await runCommand(Report, store, [...compare, '--format', 'html'], NOW);
    assert.match(html.stdout, /<h2 id="compared">What changed since /);
    const other = await storeWith(database, []);
    await sql(other, `UPDATE kms_rotation_store SET id = 'another'`);
    const text = await storeWith(database, []);
    for (const [url, argv] of [
      [other, compare],
      [store, ['--compare', text]],
      [store, [...compare, '--format', 'csv']],
      [store, [...compare, '--owner', 'bob@example.org']],
    ] as const) {
      const { exitCode, stdout, stderr } = await runCommand(Report, url, argv, NOW);
      assert.deepEqual([exitCode, stdout], [2, ''], argv.join(' '));
      assert.match(stderr, /^error: --compare.*\nhint: /, argv.join(' '));
    }
  });

  it('forecast rotations and ends of certificates', async () => {
    const forecast = await json<ForecastDocument>('forecast', Forecast, store, ['--within', '10d']);
    assert.deepEqual([forecast.by, forecast.buckets.length, expiriesIn(forecast)], ['day', 11, 2]);
    const ics = join(temporaryFolder(), 'x.ics');
    const chart = await runCommand(Forecast, store, ['--within', '1y', '--ics', ics], NOW);
    assert.equal(chart.exitCode, 0);
    assert.match(chart.stdout, /by week\n\d{4}-\d\d-\d\d +\d+ [█▒]+/);
    assert.match(readFileSync(ics, 'utf8'), /^BEGIN:VCALENDAR\r\n/);
    const nothing = await runJson(Forecast, store, ['--within', '0d'], NOW);
    assert.equal(nothing.exitCode, 2);
    assert.equal(errorOf(JSON.stringify(nothing.document)).reason, 'InvalidArgument');
  });

  it('tell what runs did, of whom, and why not', async () => {
    const history = async (...argv: string[]) =>
      json<{
        readonly entries: readonly { readonly uid: string; readonly outcome: string }[];
      }>('history', History, store, argv);
    const all = await history();
    assert.ok(all.entries.length > 0);
    const [newest] = all.entries;
    assert.deepEqual(await history('--limit', '1'), { ...all, entries: [newest], count: 1 });
    const failed = await history('--outcome', 'failed');
    assert.ok(failed.entries.every(({ outcome }) => outcome === 'failed'));
    const uid = newest?.uid ?? '';
    assert.ok((await history(uid)).entries.every((entry) => entry.uid === uid));
    assert.deepEqual((await history('no-such-key')).entries, []);
    assert.deepEqual((await history('--since', '1h')).entries, []);
  });

  it('work without our own tables, but for the history, which says so', async () => {
    const bare = await storeWith(database, [aSymmetricKey({ uid: 'overdue' })]);
    await removeAdditions(bare, { mode: 'write', busyTimeoutMs: 2000 });
    const report = await json<ReportDocument>('report', Report, bare);
    assert.deepEqual(shortcomingsIn(report), [['overdue', 'overdue']]);
    assert.equal((await runCommand(Forecast, bare, [], NOW)).exitCode, 0);
    const { exitCode, document } = await runJson(History, bare, [], NOW);
    assert.equal(exitCode, 3);
    assert.equal(errorOf(JSON.stringify(document)).reason, 'StoreNotInitialised');
  });

  it('refuse what they cannot honour', async () => {
    const there = await newStorePath(database);
    for (const [command, argv] of [
      [Report, ['--format', 'html', '--columns', 'uid']],
      [Report, ['--format', 'json', '--sort', 'uid']],
      [Report, ['--columns', 'colour']],
      [History, ['--columns', 'colour', '--csv']],
      [Forecast, ['--ics', join(temporaryFolder(), 'no', 'such', 'folder.ics')]],
    ] as const) {
      const { exitCode, stderr } = await runCommand(command, there, argv, NOW);
      assert.equal(exitCode, 2, argv.join(' '));
      assert.match(stderr, /^error: .*\nhint: /, argv.join(' '));
    }
  });

  it('never take a certificate that cannot be read for one without an end', async () => {
    const odd = await newStorePath(database);
    const policy = { RotateInterval: 90 * DAY, InitialDate: dateOf(NOW) };
    const PGP = '{"Certificate": {"CertificateType": "PGP", "CertificateValue": [1]}}';
    const holding = (bytes?: readonly number[]) =>
      JSON.stringify({ Certificate: { CertificateType: 'X509', CertificateValue: bytes } });
    await insertRows(
      odd,
      [
        aCertificate({ id: 'garbage', object: holding([1, 2, 3]), members: policy }),
        aCertificate({ id: 'hollow', object: holding(), members: policy }),
        aCertificate({ id: 'no-row', object: '{"Certificate": []}', members: policy }),
        aCertificate({ id: 'sound', notAfter: NOW + 5 * DAY, members: policy }),
        aCertificate({ id: 'unarmed', notAfter: NOW + 5 * DAY }),
        aCertificate({ id: 'pgp', object: PGP, members: policy }),
      ],
      ['_cert'],
    );
    await insertRows(odd, [
      aSymmetricKey({ uid: 'key', initialDate: NOW }, {}, { object: '{"SymmetricKey": []}' }),
    ]);
    const { keys } = await json<ReportDocument>('report', Report, odd);
    const said = keys.flatMap(({ uid, shortcomings }) =>
      shortcomings.map(({ name, detail }) => [uid, name, detail.includes(uid)]),
    );
    assert.deepEqual(said, [
      ...['key', ...UNREADABLE.map(([uid]) => uid)].map((uid) => [uid, 'unreadable', true]),
      ['sound', 'overdue', false],
      ['unarmed', 'no-policy', false],
    ]);
    assert.equal((await runCommand(Report, odd, ['--check'], NOW)).exitCode, 1);
    const forecast = await json<ForecastDocument>('forecast', Forecast, odd);
    const failures = forecast.failures.map(({ uid, error }) => [uid, error.reason]);
    assert.deepEqual(failures, UNREADABLE);
    assert.equal(expiriesIn(forecast), 1);
    const line =
      /not counted: the ends of 3 certificates that cannot be read .*garbage, hollow, no-row/;
    assert.match((await runCommand(Forecast, odd, [], NOW)).stdout, line);
    const csv = await runCommand(Forecast, odd, ['--csv'], NOW);
    assert.match(csv.stderr, line);
    assert.doesNotMatch(csv.stdout, /without/);
  });

  it('tell of a keyset by its name all that was done to it, of a generation only that', async () => {
    const generations = await storeWith(database, [
      aSymmetricKey({ uid: 'set', keyset: true }),
      aSymmetricKey(),
    ]);
    for (const days of [0, 40, 80]) await runDue(generations, NOW + days * DAY);
    const rotated = async (uid: string) => {
      const { document } = await runJson(History, generations, [uid], NOW + 90 * DAY);
      const { entries } = document as { entries: { uid: string; replacementUid: string }[] };
      return entries.map((entry) => `${entry.uid} ${entry.replacementUid}`);
    };
    assert.deepEqual(await rotated('set'), ['set@2 set@3', 'set@1 set@2', 'set set@1']);
    assert.deepEqual(await rotated('set@1'), ['set@1 set@2', 'set set@1']);
    assert.deepEqual(await rotated('set@first'), ['set set@1']);
  });

  it('say of an object without rotation only that it is under a replaced wrapping key', async () => {
    const url = await newStorePath(database);
    const secret = aSymmetricKey({ uid: 'secret', intervalSeconds: null });
    const link = { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'kek-new' };
    await insertRows(url, [
      aSymmetricKey({ uid: 'kek-new' }),
      aSymmetricKey({ uid: 'kek-old' }, { Link: [link] }, { state: 'Deactivated' }),
      {
        ...secret,
        object: secret.object.replace('SymmetricKey', 'SecretData'),
        attributes: secret.attributes.replace('"SymmetricKey"', '"SecretData"'),
        wrappingKeyId: 'kek-old',
      },
    ]);
    const { keys } = await json<ReportDocument>('report', Report, url);
    const found = keys.find(({ uid }) => uid === 'secret')?.shortcomings.map(({ name }) => name);
    assert.deepEqual(found, ['orphaned']);
  });

  it('say of an empty store that there is nothing', async () => {
    const empty = await newStorePath(database);
    const { stdout } = await runCommand(Report, empty, [], NOW);
    assert.match(stdout, /There is no key that could be rotated/);
    assert.match((await runCommand(Forecast, empty, [], NOW)).stdout, /Nothing falls due until/);
    assert.equal((await runCommand(History, empty, [], NOW)).stdout, '');
  });
});
