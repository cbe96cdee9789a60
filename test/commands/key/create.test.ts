// `kms key create`: the variants of a new key, and what is refused, with nothing written.
import assert from 'node:assert/strict';
import AuditHeads from '../../../src/commands/audit/heads.js';
import KeyCreate from '../../../src/commands/key/create.js';
import KeyShow from '../../../src/commands/key/show.js';
import { headText } from '../../../src/report/audit/head-text.js';
import type { ChainHead } from '../../../src/store/own/chain/chain-details.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, valid, type KeyDocument } from '../../support/documents.js';
import { newStorePath, rowsOf, sql } from '../../support/sqlite.js';
import { valuesOf } from '../../support/values-of.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('kms key create', () => {
  let store: string;
  beforeEach(async () => {
    store = await newStorePath();
  });

  async function created(argv: readonly string[]): Promise<KeyDocument> {
    const { exitCode, document } = await runJson(KeyCreate, store, argv);
    assert.equal(exitCode, 0, JSON.stringify(document));
    return valid('key', document).key;
  }

  it('prints the random uid of an Active AES key of 256 bits, and nothing else', async () => {
    const { exitCode, stdout, stderr } = await runCommand(KeyCreate, store, []);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.match(stdout.trimEnd(), UUID);
    const [row] = rowsOf(store);
    assert.equal(row?.id, stdout.trimEnd());
    assert.deepEqual([row.state, row.owner, row.wrapping_key_id], ['Active', 'admin', null]);
  });

  it('tells the head that it leaves in the log', async () => {
    const { document } = await runJson(KeyCreate, store, ['plain']);
    const { auditHeads } = document as { auditHeads: readonly ChainHead[] };
    const { stdout } = await runCommand(AuditHeads, store, []);
    assert.deepEqual(auditHeads.map(headText), [stdout.trim()]);
  });

  it('tells of a key without a policy that it has no deadline', async () => {
    const key = await created(['plain']);
    assert.deepEqual(
      [key['algorithm'], key['length'], key['intervalSeconds'], key['automatic'], key['deadline']],
      ['AES', 256, null, null, null],
    );
  });

  it('takes algorithm, length, name, tags, owner and interval', async () => {
    const key = await created([
      ...['mac', '--algorithm', 'HMACSHA512', '--length', '512', '--name', 'pay roll'],
      ...['--tag', 'env:prod', '--tag', 'équipe', '--owner', 'ops@example.org', '--interval', '8w'],
    ]);
    assert.deepEqual(
      [key['algorithm'], key['length'], key['names'], key['tags'], key['owner']],
      ['HMACSHA512', 512, ['pay roll'], ['env:prod', 'équipe'], 'ops@example.org'],
    );
    assert.equal(key['intervalSeconds'], 8 * 7 * 86_400);
    assert.equal(key['automatic'], true);
    assert.equal(key['deadline'], '2026-03-07T08:00:00Z');
  });

  it('has its first deadline at the offset', async () => {
    const key = await created(['k', '--interval', '30d', '--offset', '12h']);
    assert.equal(key['deadline'], '2026-01-10T20:00:00Z');
  });

  it('takes an offset of nothing as due at once', async () => {
    const key = await created(['k', '--interval', '30d', '--offset', '0']);
    assert.deepEqual([key['offsetSeconds'], key['deadline']], [0, '2026-01-10T08:00:00Z']);
  });

  it('takes an Initial Date, with its zone', async () => {
    const date = ['--initial-date', '2025-12-31T23:00-05:00'];
    const key = await created(['k', '--interval', '1d', ...date]);
    const began = '2026-01-01T04:00:00Z';
    assert.deepEqual([key['initialDate'], key['activationDate']], [began, began]);
    assert.equal(key['deadline'], '2026-01-02T04:00:00Z');
  });

  it('makes generation 0 of a keyset, which an address then finds', async () => {
    const key = await created(['invoices', '--keyset', '--interval', '90d']);
    assert.deepEqual([key['keyset'], key.generation], ['invoices', 0]);
    for (const address of ['invoices', 'invoices@first', 'invoices@latest', 'invoices@0']) {
      const { document } = await runJson(KeyShow, store, [address]);
      assert.equal(valid('key', document).key.uid, 'invoices');
    }
  });

  it('stores each tag once, and the system tag of symmetric keys', async () => {
    await created(['k', '--tag', 'b', '--tag', 'a', '--tag', 'b']);
    const tags = sql<{ tag: string }>(store, `SELECT tag FROM tags WHERE id = 'k' ORDER BY tag`);
    assert.deepEqual(valuesOf(tags, 'tag'), ['_kk', 'a', 'b']);
  });

  it('takes a uid of 128 characters, of any script', async () => {
    const uid = '😀'.repeat(128);
    assert.equal((await created([uid])).uid, uid);
  });

  it('notes that a name without a keyset is lost by the first rotation', async () => {
    const noteOn = async (...argv: readonly string[]) =>
      (await runCommand(KeyCreate, store, ['--log-level', 'info', ...argv])).stderr;
    assert.match(
      await noteOn('a', '--interval', '1d'),
      /random uid; with --keyset it would go on as a/,
    );
    assert.equal(await noteOn('b', '--interval', '1d', '--keyset'), '');
    assert.equal(await noteOn('c'), '');
    assert.equal(await noteOn('--interval', '1d'), '');
  });

  const refused: readonly (readonly [what: string, argv: readonly string[], says: RegExp])[] = [
    ['a uid of 129 characters', ['x'.repeat(129)], /128/],
    ['an empty uid', [''], /1 to 128/],
    ['a uid that means a generation', ['a@latest'], /a generation of the keyset "a"/],
    ['a uid of a module', ['hsm::1::k'], /hsm::/],
    ['a keyset whose name holds an @', ['a@b', '--keyset'], /@/],
    ['an empty tag', ['k', '--tag', ''], /"" is not a tag/],
    ['a system tag', ['k', '--tag', '_kk'], /"_kk" is not a tag/],
    ['a tag of 256 characters', ['k', '--tag', 't'.repeat(256)], /is not a tag/],
    ['an AES key of 512 bits', ['k', '--length', '512'], /AES has no keys of 512 bits/],
    ['a length of no whole bytes', ['k', '--algorithm', 'HMACSHA256', '--length', '9'], /9 bits/],
    ['an algorithm that is not symmetric', ['k', '--algorithm', 'RSA'], /--algorithm/],
    ['an interval of 0', ['k', '--interval', '0'], /--interval must be greater than 0/],
    ['an offset without an interval', ['k', '--offset', '1d'], /--interval/],
    ['a time without a zone', ['k', '--initial-date', '2026-01-01T00:00'], /is not a time/],
    ['a time before 1970', ['k', '--initial-date', '1969-12-31'], /is not a time/],
    ['a day that no month has', ['k', '--initial-date', '2026-02-30'], /is not a time/],
  ];
  it('says of an empty uid that it is empty, and of a long one that it is long', async () => {
    const hintFor = async (uid: string) =>
      errorOf((await runJson(KeyCreate, store, [uid])).document).hint ?? '';
    assert.match(await hintFor(''), /leave it out/);
    assert.match(await hintFor('x'.repeat(129)), /shorter/);
  });

  for (const [what, argv, says] of refused) {
    it(`refuses ${what}`, async () => {
      const { exitCode, document } = await runJson(KeyCreate, store, argv);
      assert.equal(exitCode, 2);
      const error = errorOf(document);
      assert.equal(error.reason, 'InvalidArgument');
      assert.match(error.message, says);
      assert.deepEqual(rowsOf(store), []);
    });
  }

  it('refuses a uid that is taken', async () => {
    await created(['k']);
    const { exitCode, document } = await runJson(KeyCreate, store, ['k']);
    assert.equal(exitCode, 4);
    assert.equal(errorOf(document).uid, 'k');
    assert.equal(rowsOf(store).length, 1);
  });
});
