// Rotations through the server, against the stand-in: what is asked, what comes of each answer, and what a lost one leaves.
import assert from 'node:assert/strict';
import { openKmsServer } from '../../../src/cli/open-kms-server.js';
import type { RunContext } from '../../../src/run/context.js';
import type { DueOptions } from '../../../src/run.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { startKmsServer, type KmsServer } from '../../support/kms-server/server.js';
import { runDue } from '../../support/run.js';
import { sql } from '../../support/sql.js';
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
    const kmsServer = await openKmsServer({
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
});
