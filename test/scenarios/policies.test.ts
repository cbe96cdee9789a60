// Rotation policies on every database: set, shown, applied from a file, exported and cleared, beside others
// who write, and wholly or not at all.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PolicyApply from '../../src/commands/policy/apply.js';
import PolicyClear from '../../src/commands/policy/clear.js';
import PolicyExport from '../../src/commands/policy/export.js';
import PolicySet from '../../src/commands/policy/set.js';
import PolicyShow from '../../src/commands/policy/show.js';
import RotateDue from '../../src/commands/rotate/due.js';
import { runCommand, runJson } from '../support/command.js';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { errorOf, rotateOf, valid } from '../support/documents.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { setAttributes } from '../support/meddle.js';
import { sql } from '../support/sql.js';
import { adopt, insertRows, newStorePath, rowsOf, storeWith } from '../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { valuesOf } from '../support/values-of.js';

const FEBRUARY = JANUARY + 41 * DAY;

function policyFile(text: string): string {
  const path = join(temporaryFolder(), 'policies.toml');
  writeFileSync(path, text);
  return path;
}

const plain = (uid: string, changes: Parameters<typeof aSymmetricKey>[0] = {}) =>
  aSymmetricKey({ uid, intervalSeconds: null, ...changes });

const changed = async (
  command: Parameters<typeof runJson>[0],
  store: string,
  argv: readonly string[],
  now = JANUARY,
) => {
  const { exitCode, document } = await runJson(command, store, argv, now);
  return { exitCode, ...valid('policy-change', document) };
};

describeOnSqlite('rotation policies', (database) => {
  const membersOf = async (store: string, uid: string) => {
    const row = (await rowsOf(store)).find(({ id }) => id === uid);
    return JSON.parse(row?.attributes ?? '{}') as Record<string, unknown>;
  };

  it('are set, rotated by, and cleared', async () => {
    const store = await storeWith(database, [plain('a'), plain('b'), plain('untouched')]);
    const argv = ['a', 'b', '--interval', '30d', '--offset', '7d', '--keyset'];
    const set = await changed(PolicySet, store, argv);
    assert.equal(set.exitCode, 0);
    assert.deepEqual(
      valuesOf(set.results, 'uid', 'outcome', 'after', 'deadline'),
      ['a', 'b'].map((uid) => [
        uid,
        'changed',
        {
          intervalSeconds: 30 * DAY,
          offsetSeconds: 7 * DAY,
          beforeEndSeconds: null,
          overlapSeconds: null,
          automatic: true,
          keyset: uid,
        },
        '2026-01-17T08:00:00Z',
      ]),
    );
    const { document } = await runJson(RotateDue, store, [], FEBRUARY);
    assert.deepEqual(valuesOf(rotateOf(document).results, 'replacementUid'), ['a@1', 'b@1']);
    const cleared = await changed(PolicyClear, store, ['a'], FEBRUARY);
    assert.deepEqual(cleared.results[0]?.after, {
      intervalSeconds: null,
      offsetSeconds: null,
      beforeEndSeconds: null,
      overlapSeconds: null,
      automatic: null,
      keyset: 'a',
    });
    const shown = valid('policy-list', (await runJson(PolicyShow, store, [], FEBRUARY)).document);
    assert.deepEqual(
      valuesOf(
        shown.keys.filter(({ verdict }) => verdict !== 'already-replaced'),
        'uid',
      ),
      ['b@1'],
    );
    assert.equal((await membersOf(store, 'untouched'))['RotateInterval'], undefined);
  });

  it('are written to the log, each change in a row', async () => {
    const store = await storeWith(database, [plain('a')]);
    await changed(PolicySet, store, ['a', '--interval', '30d']);
    await changed(PolicySet, store, ['a', '--interval', '30d']);
    await changed(PolicySet, store, ['a', '--automatic=false']);
    const rows = await sql(
      store,
      `SELECT uid, outcome, message FROM kms_rotation_log WHERE uid <> '' ORDER BY id`,
    );
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [
        { uid: 'a', outcome: 'policy', message: 'policy: none -> 30d' },
        { uid: 'a', outcome: 'policy', message: 'policy: 30d -> 30d, off' },
      ],
    );
  });

  it('are set on what filters describe, and nothing is said of what has no rotation', async () => {
    const store = await storeWith(database, [plain('prod-1'), plain('prod-2')], ['_kk', 'prod']);
    await insertRows(store, [plain('eve', { owner: 'eve' })], ['_kk', 'prod']);
    await insertRows(store, [plain('test')]);
    await insertRows(
      store,
      [plain('off', {})].map((row) => ({ ...row, state: 'Deactivated' })),
      ['prod'],
    );
    const filters = ['--tag', 'prod', '--owner', 'ops@example.org', '--interval', '90d'];
    const dry = await changed(PolicySet, store, [...filters, '--dry-run']);
    assert.deepEqual(dry.summary, {
      ...{ changed: 0, wouldChange: 2, unchanged: 0, failed: 0, passedOver: 1 },
      ...{ notAttempted: 0, newlyDue: 0 },
    });
    const set = await changed(PolicySet, store, [...filters, '--algorithm', 'AES']);
    assert.deepEqual(valuesOf(set.results, 'uid'), ['prod-1', 'prod-2']);
    const none = await changed(PolicySet, store, ['--algorithm', 'RSA', '--interval', '1d']);
    assert.deepEqual([none.exitCode, none.results], [0, []]);
  });

  it('that cannot be are refused one by one, and the others are set', async () => {
    const store = await storeWith(database, [
      plain('a'),
      plain('with@'),
      plain('taken'),
      plain('taken@1'),
    ]);
    await insertRows(
      store,
      [plain('ended', {})].map((row) => ({ ...row, state: 'Destroyed' })),
    );
    const uids = ['with@', 'gone', 'taken', 'ended', 'a'];
    const { exitCode, results } = await changed(PolicySet, store, [
      ...[...uids, '--interval', '1d', '--keyset'],
    ]);
    assert.equal(exitCode, 4);
    assert.deepEqual(
      results.map(({ uid, error }) => [uid, error?.reason ?? 'changed']),
      [
        ['a', 'changed'],
        ['ended', 'WrongState'],
        ['gone', 'UnknownUid'],
        ['taken', 'KeysetConflict'],
        ['with@', 'Unsupported'],
      ],
    );
  });

  it('are not set over what somebody else changes meanwhile, but on it', async () => {
    const store = await storeWith(database, [plain('a')]);
    await setAttributes(store, 'a', { Comment: 'théirs' });
    await changed(PolicySet, store, ['a', '--interval', '1d']);
    const members = await membersOf(store, 'a');
    assert.deepEqual([members['Comment'], members['RotateInterval']], ['théirs', DAY]);
  });

  it('of a rule that protects a key by its uid protect its replacement, however many came between', async () => {
    const store = await newStorePath(database);
    const linkTo = (uid: string) => ({
      LinkType: 'ReplacementObjectLink',
      LinkedObjectIdentifier: uid,
    });
    const rows = Array.from({ length: 40 }, (_, place) =>
      aSymmetricKey(
        { uid: `x-${place}`, intervalSeconds: null },
        place === 39 ? {} : { Link: [linkTo(`x-${place + 1}`)] },
        { state: place === 39 ? 'Active' : 'Deactivated' },
      ),
    );
    await insertRows(store, [...rows, plain('other')]);
    const file = policyFile(
      '[[rule]]\nuid = ["x-0"]\nleave = true\n[[rule]]\ntype = "SymmetricKey"\ninterval = "30d"\n',
    );
    const { results } = await changed(PolicyApply, store, [file]);
    assert.deepEqual(valuesOf(results, 'uid'), ['other']);
  });

  it('come from a file, the first rule that matches; again, nothing is left to do', async () => {
    const store = await storeWith(database, [plain('legacy'), plain('prod')], ['_kk', 'prod']);
    await insertRows(store, [plain('mac', { algorithm: 'HMACSHA256' }), plain('other')]);
    const rules = (second: string, third: string) => `[[rule]]
uid = ["legacy", "gone"]
leave = true
[[rule]]
tag = "prod"
${second}interval = "30d"
keyset = true
[[rule]]
${third}tag = "prod"
interval = "60d"
[[rule]]
algorithm = "HMACSHA256"
interval = "90d"
automatic = false
`;
    const narrower = 'algorithm = ["HMACSHA256", "AES"]\nowner = "ops@example.org"\n';
    const refused = await runJson(PolicyApply, store, [policyFile(rules('', narrower))]);
    assert.equal(refused.exitCode, 2);
    assert.match(errorOf(refused.document).message, /policies\.toml:8: rule 3 can never match/);
    const sound = policyFile(rules('algorithm = "AES"\n', ''));
    const dry = await changed(PolicyApply, store, [sound, '--dry-run']);
    assert.deepEqual(valuesOf(dry.results, 'uid', 'outcome', 'rule'), [
      ['gone', 'failed', 1],
      ['mac', 'would-change', 4],
      ['prod', 'would-change', 2],
    ]);
    assert.deepEqual(dry.unmatched, ['other']);
    assert.deepEqual(dry.conflicts, [
      { uid: 'legacy', rules: [1, 2, 3] },
      { uid: 'prod', rules: [2, 3] },
    ]);
    const before = await rowsOf(store);
    const applied = await changed(PolicyApply, store, [sound]);
    assert.equal(applied.exitCode, 4);
    assert.equal(applied.summary['changed'], 2);
    const after = await rowsOf(store);
    assert.equal(
      before.filter((row, place) => row.attributes !== after[place]?.attributes).length,
      2,
    );
    const again = await changed(PolicyApply, store, [sound]);
    assert.equal(again.summary['changed'], 0);
    assert.deepEqual(await rowsOf(store), after);
  });

  it('of which many would be due at once are not set unless told so', async () => {
    const store = await newStorePath(database);
    const uids = Array.from({ length: 150 }, (_, index) => `key-${index}`);
    await insertRows(
      store,
      uids.map((uid) => plain(uid)),
    );
    const argv = ['--type', 'SymmetricKey', '--interval', '1d'];
    const asked = await runJson(PolicySet, store, argv, FEBRUARY);
    assert.equal(asked.exitCode, 2);
    const { message, hint } = errorOf(asked.document);
    assert.match(message, /150 keys due at once/);
    assert.match(hint ?? '', /list them with --dry-run, .*--yes/);
    const set = await changed(PolicySet, store, [...argv, '--yes'], FEBRUARY);
    assert.deepEqual([set.summary['changed'], set.summary['newlyDue']], [150, 150]);
  });
});

describeEachDatabase('rotation policies by uid', (database) => {
  it('are told apart from those of other spellings', async () => {
    const store = await storeWith(database, [plain('Straße')]);
    const { exitCode, results } = await changed(PolicySet, store, ['straße', '--interval', '1d']);
    assert.deepEqual([exitCode, results[0]?.error?.reason], [4, 'UnknownUid']);
  });
});

describeGolden('the policies of a server’s store', () => {
  for (const name of ['store', 'store-rotated']) {
    it(`are exported as a file that changes nothing: ${name}`, async () => {
      const store = await adopt(goldenCopy(`${name}.sqlite`));
      const before = await rowsOf(store);
      const { stdout, exitCode } = await runCommand(PolicyExport, store, []);
      assert.equal(exitCode, 0);
      const file = policyFile(stdout);
      const { document } = await runJson(PolicyApply, store, [file]);
      const { summary, results, conflicts } = valid('policy-change', document);
      assert.deepEqual([summary['changed'], results, conflicts], [0, [], []]);
      assert.ok((summary['unchanged'] ?? 0) > 25);
      assert.deepEqual(await rowsOf(store), before);
    });
  }

  it('come back from that file after all were cleared', async () => {
    const store = await adopt(goldenCopy('store.sqlite'));
    const policies = async () => {
      const { keys } = valid('policy-list', (await runJson(PolicyShow, store, [])).document);
      return keys
        .filter(({ verdict }) => !['not-active', 'already-replaced'].includes(verdict))
        .map((key) => [key.uid, key.intervalSeconds, key.offsetSeconds, key.automatic, key.keyset]);
    };
    const before = await policies();
    const file = policyFile((await runCommand(PolicyExport, store, [])).stdout);
    for (const type of ['SymmetricKey', 'PrivateKey', 'Certificate']) {
      const { exitCode } = await runCommand(PolicyClear, store, ['--type', type]);
      assert.equal(exitCode, 0);
    }
    assert.deepEqual(await policies(), []);
    assert.equal((await runCommand(PolicyApply, store, [file, '--yes'])).exitCode, 0);
    assert.deepEqual(await policies(), before);
  });
});
