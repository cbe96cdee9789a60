// `kms certificate create`, and what becomes of its certificates: chains that openssl accepts, renewed by a run.
import assert from 'node:assert/strict';
import CertificateCreate from '../../../src/commands/certificate/create.js';
import DueList from '../../../src/commands/due/list.js';
import KeyCreate from '../../../src/commands/key/create.js';
import KeyExport from '../../../src/commands/key/export.js';
import KeyShow from '../../../src/commands/key/show.js';
import PolicySet from '../../../src/commands/policy/set.js';
import Report from '../../../src/commands/report.js';
import RotateDue from '../../../src/commands/rotate/due.js';
import RotateKey from '../../../src/commands/rotate/key.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, valid } from '../../support/documents.js';
import { newStorePath } from '../../support/sqlite.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';
import { certificateText, opensslVerify } from '../../support/x509.js';
import { valuesOf } from '../../support/values-of.js';

const YEAR = 365 * DAY;

interface Exported {
  readonly uid: string;
  readonly pem: string;
  readonly chain: readonly { readonly uid: string; readonly pem: string }[];
}

const derOf = (pem: string) => Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');

describe('kms certificate create', () => {
  let store: string;
  beforeEach(async () => {
    store = await newStorePath();
  });

  async function create(argv: readonly string[], now = JANUARY): Promise<void> {
    const { exitCode, document } = await runJson(CertificateCreate, store, argv, now);
    assert.equal(exitCode, 0, JSON.stringify(document));
    valid('key', document);
  }

  async function exported(uid: string): Promise<Exported> {
    const { document } = await runJson(KeyExport, store, ['--public', '--chain', uid]);
    return valid('certificate', document);
  }

  async function chain(): Promise<void> {
    await create(['root', '--subject', 'CN=Root,O=Example', '--authority', '--validity', '10y']);
    const between = ['--issuer', 'root', '--authority', '--path-length', '0', '--type', 'rsa'];
    await create(['between', '--subject', 'CN=Between', ...between, '--length', '2048']);
    const leaf = ['--issuer', 'between', '--san', 'DNS:www.example.org', '--san', 'IP:192.0.2.7'];
    const keyset = ['--interval', '30d', '--validity', '60d', '--keyset'];
    await create(['www', '--subject', 'CN=www.example.org,C=FR', ...leaf, ...keyset]);
  }

  function verdict({ pem, chain }: Exported, at: number): string {
    const [between, root] = chain.map((one) => derOf(one.pem));
    return opensslVerify(derOf(pem), { root: root!, between: [between!], at, strict: true });
  }

  it('makes a chain that openssl accepts, before and after a run has renewed it', async () => {
    await chain();
    const first = await exported('www@first');
    assert.deepEqual(valuesOf(first.chain, 'uid'), ['between', 'root']);
    assert.equal(verdict(first, JANUARY + DAY), 'ok');
    const { exitCode } = await runCommand(RotateDue, store, [], JANUARY + 31 * DAY);
    assert.equal(exitCode, 0);
    const second = await exported('www');
    assert.equal(second.uid, 'www@1');
    assert.equal(verdict(second, JANUARY + 89 * DAY), 'ok');
    const text = certificateText(derOf(second.pem));
    assert.match(text, /DNS:www\.example\.org, IP Address:192\.0\.2\.7/);
    assert.match(text, /Subject: C = FR, CN = www\.example\.org/);
  });

  it('is exported by its name as the one that is in use, outside a keyset too', async () => {
    await create(['www', '--subject', 'CN=www', '--interval', '30d', '--validity', '60d']);
    await runCommand(RotateDue, store, [], JANUARY + 31 * DAY);
    const { document } = await runJson(KeyExport, store, ['--public', 'www']);
    const renewed = valid('certificate', document);
    assert.notEqual(renewed.uid, 'www');
    assert.match(certificateText(derOf(renewed.pem)), /Not After : Apr 11/);
  });

  it('certifies a pair that is there, and links the pair to the certificate', async () => {
    await runCommand(KeyCreate, store, ['signing', '--type', 'ec', '--curve', 'P384'], JANUARY);
    await create(['signer', '--subject', 'CN=signer', '--key', 'signing']);
    const { pem } = await exported('signer');
    assert.match(certificateText(derOf(pem)), /ecdsa-with-SHA384/);
    const { document } = await runJson(CertificateCreate, store, [
      'again',
      '--subject',
      'CN=x',
      '--key',
      'signer',
    ]);
    assert.equal(errorOf(document).reason, 'InvalidArgument');
  });

  it('never outlives its issuer', async () => {
    await create(['root', '--subject', 'CN=Root', '--authority', '--validity', '1y']);
    await create(['long', '--subject', 'CN=Long', '--issuer', 'root', '--validity', '5y']);
    const { document } = await runJson(
      CertificateCreate,
      store,
      ['later', '--subject', 'CN=x', '--issuer', 'root'],
      JANUARY + 2 * YEAR,
    );
    assert.equal(errorOf(document).reason, 'IssuerExpired');
  });

  it('shows with its key which certificates use it, and reports no policy missing on that', async () => {
    await runJson(KeyCreate, store, ['signing', '--type', 'ec']);
    await create(['signer', '--subject', 'CN=signer', '--key', 'signing', '--interval', '30d']);
    const { stdout } = await runCommand(KeyShow, store, ['signing']);
    assert.match(stdout, /^Used by +certificate signer$/m);
    for (const uid of ['signing', 'signing_pk']) {
      const { document } = await runJson(KeyShow, store, [uid]);
      const { usedByCertificates } = document as { usedByCertificates: readonly string[] };
      assert.deepEqual(usedByCertificates, ['signer']);
    }
    const report = await runJson(Report, store, ['--all']);
    const { keys } = report.document as { keys: { uid: string; compliant: boolean }[] };
    assert.deepEqual(keys.find(({ uid }) => uid === 'signing')?.compliant, true);
  });

  it('tells of an interval by which it would end first, and a run renews it before', async () => {
    const argv = [
      'www',
      '--subject',
      'CN=www',
      '--validity',
      '30d',
      '--interval',
      '60d',
      '--keyset',
    ];
    const { document } = await runJson(CertificateCreate, store, argv, JANUARY);
    const { notices, key } = valid('key', document);
    assert.match(String(notices), /^its interval, 60 d, is not shorter than its validity, 30 d/);
    assert.equal(key['deadline'], '2026-02-06T08:00:00Z');
    const changed = await runJson(PolicySet, store, ['www', '--interval', '1y'], JANUARY);
    const [change] = valid('policy-change', changed.document).results;
    assert.match(change?.notice ?? '', /^its interval, 1 y, is not shorter than its validity/);
    const shown = await runCommand(
      PolicySet,
      store,
      ['www', '--interval', '2y', '--dry-run'],
      JANUARY,
    );
    assert.match(shown.stdout, /^ {2}www: its interval, 2 y/m);
    const check = (at: number) => runCommand(DueList, store, ['--check'], at);
    assert.equal((await check(JANUARY + 27 * DAY - 1)).exitCode, 1);
    assert.equal((await check(JANUARY + 27 * DAY)).exitCode, 0);
    assert.equal((await runCommand(RotateDue, store, [], JANUARY + 27 * DAY)).exitCode, 0);
    assert.equal((await exported('www')).uid, 'www@1');
  });

  it('renews no certificate that would end no later, as its issuer ends first, and says so', async () => {
    await create(['root', '--subject', 'CN=Root', '--authority', '--validity', '60d']);
    const leaf = ['--issuer', 'root', '--validity', '90d', '--interval', '60d', '--keyset'];
    const argv = ['www', '--subject', 'CN=www', ...leaf];
    const { document } = await runJson(CertificateCreate, store, argv, JANUARY);
    const { notices, key } = valid('key', document);
    assert.match(
      String(notices),
      /as that of its issuer ends then,ends at .* issuer, "root": that one must/,
    );
    assert.equal(key['deadline'], '2026-03-11T08:00:00Z');
    const run = async (days: number) => {
      const ran = await runJson(RotateDue, store, [], JANUARY + days * DAY);
      const [result] = valid('rotate', ran.document).results;
      return [ran.exitCode, result?.outcome, result?.error?.reason];
    };
    for (const day of [40, 54, 59]) assert.deepEqual(await run(day), [0, undefined, undefined]);
    const report = await runJson(Report, store, [], JANUARY + 41 * DAY);
    const { keys } = report.document as {
      keys: readonly { uid: string; shortcomings: readonly { name: string }[] }[];
    };
    const names = keys.find(({ uid }) => uid === 'www')?.shortcomings.map(({ name }) => name);
    assert.deepEqual(names, ['unrenewable-end']);
    await runCommand(RotateKey, store, ['root'], JANUARY + 59 * DAY);
    assert.deepEqual(await run(59), [0, 'rotated', undefined]);
  });

  for (const [san, message] of [
    ['DNS:a b', '"DNS:a b" is not a valid name'],
    ['email:müller@example.org', 'the email address "müller@example.org" is not a valid name'],
  ] as const) {
    it(`names ${san}, which it refuses`, async () => {
      const argv = ['--subject', 'CN=x', '--san', san];
      const { exitCode, document } = await runJson(CertificateCreate, store, argv);
      assert.deepEqual([exitCode, errorOf(document).message], [2, message]);
    });
  }

  for (const [what, reason, argv] of [
    ['a subject that is none', 'InvalidArgument', ['--subject', 'www.example.org']],
    ['a country of three letters', 'InvalidArgument', ['--subject', 'C=FRA']],
    ['a name of no kind', 'InvalidArgument', ['--subject', 'CN=x', '--san', 'www.example.org']],
    ['a validity of 0', 'InvalidArgument', ['--subject', 'CN=x', '--validity', '0']],
    ['a name with a blank', 'InvalidArgument', ['--subject', 'CN=x', '--san', 'DNS:a b']],
    ['no validity', 'InvalidArgument', ['--subject', 'CN=x', '--validity', '0']],
    ['a taken uid', 'UidTaken', ['--subject', 'CN=x']],
    ['an issuer that is no authority', 'IssuerUnfit', ['--subject', 'CN=x', '--issuer', 'taken']],
    ['an issuer that is not there', 'UnknownUid', ['--subject', 'CN=x', '--issuer', 'nobody']],
    [
      'a key that signs nothing',
      'Unsupported',
      ['--subject', 'CN=x', '--type', 'ec', '--curve', 'CURVE25519'],
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await create(['taken', '--subject', 'CN=taken']);
      const uid = reason === 'UidTaken' ? 'taken' : 'new';
      const { exitCode, document } = await runJson(CertificateCreate, store, [uid, ...argv]);
      assert.equal(errorOf(document).reason, reason, JSON.stringify(document));
      assert.ok(exitCode === 2 || exitCode === 4);
    });
  }
});
