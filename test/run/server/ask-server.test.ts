// Rotations through the server, against the stand-in: what is asked, what comes of each answer, and what a lost one leaves.
import assert from 'node:assert/strict';
import { openKmsServer } from '../../../src/cli/open-kms-server.js';
import type { RunContext } from '../../../src/run/context.js';
import type { DueOptions } from '../../../src/run.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { refuses, type Fault } from '../../support/kms-server/faults.js';
import { startKmsServer, type KmsServer } from '../../support/kms-server/server.js';
import { changeRow } from '../../support/meddle.js';
import { runDue } from '../../support/run.js';
import { sql } from '../../support/sql.js';
import { isInShard } from '../../../src/survey/shard.js';
import type { SurveyFilters } from '../../../src/survey/survey-filters.js';
import { adopt, rowOf } from '../../support/store.js';

/** 2026-02-20T08:00:00Z, the clock of the stand-in. */
const NOW = 1_771_574_400;

describeGolden('rotations through the server', () => {
  let store: string;
  let stand: KmsServer;
  beforeEach(async () => {
    store = await adopt(goldenCopy('hsm.sqlite'));
    stand = await startKmsServer({ store });
  });
  afterEach(() => stand.close());

  async function run(changes: Partial<DueOptions & RunContext> = {}, now = NOW) {
    const settings = { url: new URL(stand.url), isInsecure: false, token: null, client: null };
    const kmsServer = openKmsServer({
      kmsServer: { ...settings, caFile: null, timeoutSeconds: 1 },
    });
    try {
      return await runDue(store, now, { hsm: 'ask', kmsServer, ...changes });
    } finally {
      await kmsServer?.close();
    }
  }

  const outcomes = ({ results }: Awaited<ReturnType<typeof run>>) =>
    Object.fromEntries(
      results.map(({ uid, outcome, error }) => [uid, error === null ? outcome : error.reason]),
    );
  const open = () => sql(store, 'SELECT uid, step FROM kms_rotation_requests');

  it('send the token of this host through no proxy', async () => {
    const { http_proxy: saved } = process.env;
    process.env['http_proxy'] = 'http://127.0.0.1:1';
    try {
      assert.equal(outcomes(await run())['plain'], 'rotated');
    } finally {
      if (saved === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = saved;
    }
  });

  it('rotate all that is due and allowed, and refuse what the server would leave unreadable', async () => {
    const report = await run();
    assert.equal(report.error, null);
    assert.deepEqual(outcomes(report), {
      ...{ plain: 'rotated', offset: 'rotated', keyset: 'rotated', rsa: 'rotated', ec: 'rotated' },
      ...{ granted: 'rotated', 'user-dep-due': 'rotated', 'user-kek': 'DependantsBehindHsm' },
      cert: 'rotated',
    });
    assert.deepEqual(await open(), []);
    const { attributes, owner } = await rowOf(
      store,
      report.results.find(({ uid }) => uid === 'offset')?.replacementUid ?? '',
    );
    const { RotateInterval, RotateOffset, RotateAutomatic } = JSON.parse(attributes) as Record<
      string,
      unknown
    >;
    assert.deepEqual([RotateInterval, RotateOffset, RotateAutomatic], [2_592_000, 86_400, true]);
    assert.equal(owner, 'ops@example.org');
  });

  const onRekey = (uid: string, fault: Fault) => {
    stand.fault = (request) =>
      request.operation === 'ReKey' && request.uid === uid ? fault : null;
  };
  const LATER = NOW + 3600;
  const rekeys = (uid: string) =>
    stand.asked('ReKey').filter((one) => one === `ReKey ${uid}`).length;

  it('look into the store when an answer is lost', async () => {
    onRekey('plain', { kind: 'cut' });
    assert.equal(outcomes(await run())['plain'], 'rotated');
    assert.deepEqual([rekeys('plain'), await open()], [1, []]);
  });

  it('are completed by the next run if the replacement could not be armed', async () => {
    stand.fault = ({ operation }) => (operation === 'SetAttribute' ? refuses(500, 'no') : null);
    assert.equal(outcomes(await run())['plain'], 'ServerUnreachable');
    assert.deepEqual([...new Set((await open()).map(({ step }) => step))], ['re-arm']);
    stand.fault = () => null;
    const { results } = await run({}, LATER);
    const { outcome, replacementUid } = results.find(({ uid }) => uid === 'plain') ?? {};
    assert.equal(outcome, 'rotated');
    assert.deepEqual([rekeys('plain'), await open()], [1, []]);
    const tags = await sql(store, `SELECT tag FROM tags WHERE id = '${replacementUid ?? ''}'`);
    assert.deepEqual(tags.map(({ tag }) => tag).sort(), ['_kk', 'env:prod']);
  });

  it('are completed by a run for their keys alone, by owner, tag, type and shard', async () => {
    stand.fault = ({ operation }) => (operation === 'SetAttribute' ? refuses(500, 'no') : null);
    await run();
    stand.fault = () => null;
    const isOpen = async () => (await open()).some(({ uid }) => uid === 'plain');
    const shards = [0, 1].map((index) => ({ index, of: 2 }));
    const [own, other] = isInShard('plain', { index: 0, of: 2 }) ? shards : shards.reverse();
    const tags = ['env:prod'];
    const others: readonly SurveyFilters[] = [
      { tags: [], owner: 'nobody@example.org' },
      ...[{ tags: ['env:none'] }, { tags, objectType: 'PrivateKey' }, { tags, shard: other }],
    ];
    for (const filters of others) {
      const { results } = await run({ filters }, LATER);
      assert.deepEqual([results.some(({ uid }) => uid === 'plain'), await isOpen()], [false, true]);
    }
    await run({ filters: { tags, objectType: 'SymmetricKey', shard: own } }, LATER);
    assert.deepEqual([rekeys('plain'), await isOpen()], [1, false]);
  });

  it('are completed though the key was destroyed since, and names nothing any more', async () => {
    onRekey('plain', { kind: 'cut' });
    await sql(
      store,
      `CREATE TRIGGER late BEFORE UPDATE OF step ON kms_rotation_requests
      WHEN NEW.uid = 'plain' BEGIN SELECT RAISE(ABORT, 'the run is killed here'); END`,
    );
    await run();
    await sql(store, 'DROP TRIGGER late');
    await changeRow(store, 'plain', { state: 'Destroyed', attributes: '{}' });
    stand.fault = () => null;
    const { results } = await run({}, LATER);
    const { outcome, replacementUid } = results.find(({ uid }) => uid === 'plain') ?? {};
    assert.equal(outcome, 'rotated', JSON.stringify(results));
    assert.match(
      (await rowOf(store, replacementUid ?? '')).attributes,
      /"RotateInterval": ?\d{3,}/,
    );
    assert.deepEqual([rekeys('plain'), await open()], [1, []]);
  });

  it('say what a replacement lacks of the rights on its key, once all is written', async () => {
    await sql(
      store,
      `CREATE TRIGGER lost AFTER INSERT ON read_access BEGIN
      DELETE FROM read_access WHERE id = NEW.id; END`,
    );
    const { results } = await run();
    const { outcome, error } = results.find(({ uid }) => uid === 'granted') ?? {};
    assert.equal(outcome, 'failed');
    assert.match(error?.message ?? '', /lacks the grant to /);
  });

  it('leave a request open that may still be at work, and ask again once it cannot be', async () => {
    onRekey('plain', { kind: 'hang', at: 'received' });
    assert.equal(outcomes(await run())['plain'], 'ServerRequestOpen');
    assert.deepEqual(await open(), [{ uid: 'plain', step: 're-key' }]);
    stand.fault = () => null;
    assert.equal(outcomes(await run())['plain'], 'skipped');
    assert.equal(rekeys('plain'), 1);
    assert.equal(outcomes(await run({}, LATER))['plain'], 'rotated');
    assert.deepEqual([rekeys('plain'), await open()], [2, []]);
  });

  it('leave to doctor what the server did by half', async () => {
    onRekey('plain', { kind: 'drop', at: 'first-committed' });
    assert.equal(outcomes(await run())['plain'], 'ServerRequestOpen');
    stand.fault = () => null;
    for (const now of [LATER, LATER + 60]) {
      const { results } = await run({}, now);
      const { error } = results.find(({ uid }) => uid === 'plain') ?? {};
      assert.equal(error?.reason, 'ServerRequestOpen');
      assert.match(error.hint ?? '', /unfinished-rotation/);
    }
    assert.deepEqual([rekeys('plain'), await open()], [1, [{ uid: 'plain', step: 'unfinished' }]]);
  });

  it('say why the server refuses, and go on with the others', async () => {
    onRekey('plain', refuses(401, 'Access denied: no \u001b[31m right'));
    const report = await run();
    const { error } = report.results.find(({ uid }) => uid === 'plain') ?? {};
    assert.equal(error?.reason, 'ServerRefused');
    assert.match(error.message, /Access denied: no \\u\{1b\}/);
    assert.equal(outcomes(report)['offset'], 'rotated');
    assert.deepEqual(await open(), []);
  });

  it('ask no more after three failures in a row, and rotate the others as ever', async () => {
    stand.fault = ({ operation }) =>
      operation === 'ReKey' || operation === 'ReKeyKeyPair'
        ? refuses(500, 'Internal server error')
        : null;
    const report = await run();
    const unreachable = ['plain', 'offset', 'keyset', 'rsa', 'ec', 'granted', 'user-dep-due'];
    const found = outcomes(report);
    for (const uid of unreachable) assert.equal(found[uid], 'ServerUnreachable', uid);
    assert.equal(found['cert'], 'rotated');
    assert.deepEqual(await open(), []);
    assert.ok(stand.asked('ReKey').length <= 6);
  });
});
