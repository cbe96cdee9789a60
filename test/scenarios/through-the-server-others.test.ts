// What others do while keys are rotated through the server: dependants that come, another store's server, a server that is
// down, and many runs at once.
import assert from 'node:assert/strict';
import { runApartOn } from '../support/binary.js';
import { tries } from '../support/effort.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import {
  behindHsm,
  broken,
  DUE,
  replacementsOf,
  type BehindHsm,
} from '../support/kms-server/behind-hsm.js';
import { startKmsServer, type KmsServer } from '../support/kms-server/server.js';
import { setAttributes } from '../support/meddle.js';
import { sql } from '../support/sql.js';
import { adopt, rowOf } from '../support/store.js';

const PLAIN = ['--tag', 'env:prod'] as const;
const PROCESSES = tries(3, 8);

describeGolden('a store behind an HSM that others use too', () => {
  let behind: BehindHsm;
  let other: KmsServer | null = null;
  beforeEach(async () => {
    behind = await behindHsm();
  });
  afterEach(async () => {
    await behind.close();
    await other?.close();
    other = null;
  });

  /** Wraps a copy of `user-dep` by another key, as far as the rows tell. */
  const wrapUnder = async (uid: string, wrappingUid: string, column: string | null) => {
    const { object, attributes, state } = await rowOf(behind.store, 'user-dep');
    const under = (text: string) => text.replaceAll('"user-kek"', JSON.stringify(wrappingUid));
    await sql(
      behind.store,
      'INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)',
      ...[uid, under(object), under(attributes), state, 'carol@example.org', column],
    );
  };

  it('refuses a wrapping key whose dependants are known by their bytes alone', async () => {
    await wrapUnder('mislabelled', 'plain', 'hsm::540524040::kek');
    const { failed } = await behind.rotate(...PLAIN);
    assert.deepEqual(failed, ['DependantsBehindHsm plain']);
    assert.deepEqual(behind.server.asked('ReKey'), []);
  });

  it('refuses a pair whose public or private key wraps something', async () => {
    await wrapUnder('under-public', 'ec_pk', 'ec_pk');
    await wrapUnder('under-private', 'rsa', 'rsa');
    const { failed } = await behind.rotate();
    for (const uid of ['ec', 'rsa']) assert.ok(failed.includes(`DependantsBehindHsm ${uid}`));
    assert.deepEqual(behind.server.asked('ReKeyKeyPair'), []);
  });

  it('asks nothing for a key under which something is wrapped just before the request', async () => {
    behind.server.fault = ({ operation }) =>
      operation === 'GetAttributes'
        ? { kind: 'call', at: 'received', call: () => wrapUnder('late', 'plain', 'plain') }
        : null;
    const { failed } = await behind.rotate(...PLAIN);
    assert.deepEqual(failed, ['DependantsBehindHsm plain']);
    assert.deepEqual(behind.server.asked('ReKey'), []);
  });

  it('tells of what is wrapped while the server is at work', async () => {
    behind.server.fault = ({ operation }) =>
      operation === 'ReKey'
        ? { kind: 'call', at: 'first-committed', call: () => wrapUnder('late', 'plain', 'plain') }
        : null;
    const { exitCode, document } = await behind.rotate(...PLAIN);
    assert.equal(exitCode, 4);
    assert.ok(JSON.stringify(document).includes('"late"'), JSON.stringify(document));
    // And so does every run after it.
    behind.server.fault = () => null;
    const again = await behind.rotate('--owner', 'carol@example.org');
    assert.equal(again.exitCode, 4);
    assert.ok(JSON.stringify(again.document).includes('"late"'), JSON.stringify(again.document));
  });

  it('tells of what only its bytes put under the key while the server is at work', async () => {
    const call = () => wrapUnder('late', 'plain', 'hsm::540524040::kek');
    behind.server.fault = ({ operation }) =>
      operation === 'ReKey' ? { kind: 'call', at: 'first-committed', call } : null;
    const { exitCode, document } = await behind.rotate(...PLAIN);
    assert.equal(exitCode, 4);
    assert.match(JSON.stringify(document), /"late\\" was put under \\"plain\\"/);
  });

  const strangers: readonly (readonly [string, (store: string) => Promise<void>])[] = [
    [
      'has other keys of the same uids',
      async (store) => {
        for (const uid of DUE) {
          const Digest = { HashingAlgorithm: 'SHA256', DigestValue: Array(32).fill(7) };
          await setAttributes(store, uid, { Digest });
        }
      },
    ],
    [
      'has none of them',
      async (store) => {
        await sql(store, 'DELETE FROM objects');
      },
    ],
  ];
  for (const [what, make] of strangers) {
    it(`asks nothing of the server of another store, which ${what}`, async () => {
      const elsewhere = await adopt(goldenCopy('hsm.sqlite'));
      await make(elsewhere);
      other = await startKmsServer({ store: elsewhere });
      process.env['KMS_SERVER_URL'] = other.url;
      const { exitCode, failed } = await behind.rotate();
      assert.equal(exitCode, 4);
      for (const uid of DUE) assert.ok(failed.includes(`WrongServer ${uid}`), failed.join());
      assert.ok(!other.done.some((asked) => asked.startsWith('ReKey')), other.done.join());
    });
  }

  it('asks a copy of the store’s server for few keys, and its own for all of them', async () => {
    const copy = await adopt(goldenCopy('hsm.sqlite'));
    other = await startKmsServer({ store: copy });
    process.env['KMS_SERVER_URL'] = other.url;
    const { rotated } = await behind.rotate();
    assert.deepEqual(rotated, ['cert']);
    process.env['KMS_SERVER_URL'] = behind.server.url;
    await behind.rotateLater(3600);
    await behind.rotateLater(7200);
    const now = await behind.now();
    assert.deepEqual(broken(behind.before, now), []);
    for (const uid of DUE) assert.equal(replacementsOf(now, uid).length, 1, uid);
  });

  it('rotates the others as ever while the server is down, and tells of each of its keys', async () => {
    await behind.server.kill();
    const { exitCode, failed, rotated } = await behind.rotate();
    assert.deepEqual([exitCode, rotated], [4, ['cert']]);
    assert.deepEqual(failed, [
      'DependantsBehindHsm user-kek',
      ...DUE.map((uid) => `ServerUnreachable ${uid}`),
    ]);
  });

  it('asks no more once the HSM cannot be opened', async () => {
    behind.server.hsmOpen = false;
    const { failed } = await behind.rotate('--concurrency', '1');
    assert.equal(behind.server.asked().filter((asked) => asked.startsWith('ReKey')).length, 3);
    for (const uid of DUE) assert.ok(failed.includes(`ServerUnreachable ${uid}`), failed.join());
    behind.server.hsmOpen = true;
    assert.deepEqual((await behind.rotateLater(60)).rotated, [...DUE].sort());
  });

  it('rotates no other key than that of the uid, whatever the server makes of its name', async () => {
    for (const uid of ['keyset@latest', 'keyset@first', 'keyset@0']) {
      const { object, attributes, state, owner, wrapping_key_id } = await rowOf(
        behind.store,
        'plain',
      );
      const row = [uid, object, attributes.replace('"plain"', JSON.stringify(uid)), state, owner];
      const values = [...row, wrapping_key_id];
      await sql(behind.store, 'INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)', ...values);
    }
    await setAttributes(behind.store, 'keyset', { RotateInterval: 315_360_000 });
    const { failed, rotated } = await behind.rotate();
    assert.deepEqual(replacementsOf(await behind.now(), 'keyset'), []);
    const odd = ['keyset@0', 'keyset@first', 'keyset@latest'].map((uid) => `Unsupported ${uid}`);
    assert.deepEqual(failed, ['DependantsBehindHsm user-kek', ...odd]);
    assert.ok(rotated.includes('plain'));
  });

  it(`asks once for each key, with ${PROCESSES} runs at once`, async function () {
    this.timeout(120_000);
    const env = { KMS_SERVER_URL: behind.server.url };
    const ended = await Promise.all(
      Array.from({ length: PROCESSES }, () =>
        runApartOn(behind.store, ['rotate', 'due', '--json'], { env }),
      ),
    );
    const now = await behind.now();
    const text = ended.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    const asked = behind.server.asked().filter((one) => one.startsWith('ReKey'));
    assert.deepEqual(asked.toSorted(), [...new Set(asked)].sort(), text);
    assert.deepEqual(broken(behind.before, now), [], text);
    for (const uid of DUE) assert.equal(replacementsOf(now, uid).length, 1, `${uid}\n${text}`);
    assert.deepEqual(await sql(behind.store, 'SELECT * FROM kms_rotation_requests'), []);
  });
});
