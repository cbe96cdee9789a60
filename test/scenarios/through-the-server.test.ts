// Keys that only the server's HSM can open, rotated by asking the server: what is asked for, what it leaves in the store,
// and what is refused before anything is asked.
import assert from 'node:assert/strict';
import { sql } from '../support/sql.js';
import {
  behindHsm,
  broken,
  DUE,
  replacementsOf,
  type BehindHsm,
} from '../support/kms-server/behind-hsm.js';
import { describeGolden } from '../support/golden.js';
import { changeRow, setAttributes } from '../support/meddle.js';

describeGolden('a store behind an HSM, through its server', () => {
  let behind: BehindHsm;
  beforeEach(async () => {
    behind = await behindHsm();
  });
  afterEach(() => behind.close());

  it('rotates all that is due and allowed, with its schedule, tags and grants', async () => {
    const { exitCode, failed, rotated, results } = await behind.rotate();
    assert.deepEqual(failed, ['DependantsBehindHsm user-kek']);
    assert.equal(exitCode, 4);
    assert.deepEqual(rotated, ['cert', ...DUE].sort());
    const now = await behind.now();
    assert.deepEqual(broken(behind.before, now), []);
    const flows = results.filter(({ uid }) => DUE.some((due) => due === uid));
    assert.deepEqual(new Set(flows.map(({ flow }) => flow)), new Set(['server']));
    assert.deepEqual(behind.server.asked('ReKeyKeyPair').toSorted(), [
      'ReKeyKeyPair ec',
      'ReKeyKeyPair rsa',
    ]);
    const rekeyed = ['granted', 'keyset', 'offset', 'plain', 'user-dep-due'];
    assert.deepEqual(
      behind.server.asked('ReKey').toSorted(),
      rekeyed.map((uid) => `ReKey ${uid}`),
    );
  });

  it('leaves a wrapping key and what is under it as they are', async () => {
    await behind.rotate();
    const now = await behind.now();
    for (const uid of ['user-kek', 'user-dep']) {
      assert.deepEqual(now.objects.get(uid), behind.before.objects.get(uid));
    }
    assert.ok(!behind.server.asked().some((asked) => asked.endsWith(' user-kek')));
  });

  it('has nothing left to ask once all is rotated', async () => {
    await behind.rotate();
    const asked = behind.server.asked('ReKey').length;
    const { rotated } = await behind.rotate();
    assert.deepEqual(rotated, []);
    assert.equal(behind.server.asked('ReKey').length, asked);
    assert.deepEqual(await sql(behind.store, 'SELECT * FROM kms_rotation_requests'), []);
  });

  const refused: readonly (readonly [string, () => Promise<void>])[] = [
    ['compromised', () => changeRow(behind.store, 'plain', { state: 'Compromised' })],
    ['deactivated', () => changeRow(behind.store, 'plain', { state: 'Deactivated' })],
    [
      'replaced',
      () =>
        setAttributes(behind.store, 'plain', {
          Link: [
            { LinkType: 'WrappingKeyLink', LinkedObjectIdentifier: 'hsm::540524040::kek' },
            { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: 'later' },
          ],
        }),
    ],
  ];
  for (const [what, make] of refused) {
    it(`asks nothing for a key that is ${what}`, async () => {
      await make();
      await behind.rotate();
      assert.ok(!behind.server.asked('ReKey').includes('ReKey plain'));
      assert.deepEqual(replacementsOf(await behind.now(), 'plain'), []);
    });
  }

  it('asks nothing for a member of a keyset that is not its latest', async () => {
    await setAttributes(behind.store, 'later', { RotateName: 'keyset', RotateGeneration: 1 });
    const { failed } = await behind.rotate();
    assert.ok(!behind.server.asked('ReKey').includes('ReKey keyset'), failed.join());
  });

  it('asks nothing of the server in a dry run', async () => {
    const { results } = await behind.rotate('--dry-run');
    assert.ok(results.some(({ uid }) => uid === 'plain'));
    assert.deepEqual(behind.server.asked('ReKey'), []);
    assert.deepEqual(broken(behind.before, await behind.now()), []);
  });

  it('rotates by the policy of the store where the cache of the server has another', async () => {
    await behind.server.remember('offset');
    await setAttributes(behind.store, 'offset', { RotateInterval: 604_800 });
    await behind.rotate();
    const [replacement = ''] = replacementsOf(await behind.now(), 'offset');
    const { objects } = await behind.now();
    const { RotateInterval, RotateOffset } = objects.get(replacement)?.column ?? {};
    assert.deepEqual([RotateInterval, RotateOffset], [604_800, 86_400]);
  });
});
