// `kms due list`: what is listed, in what order, by which filters, and why with --explain (design §3.1,
// §4, §6).
import assert from 'node:assert/strict';
import DueList from '../../../src/commands/due/list.js';
import { runCommand, runJson } from '../../support/command.js';
import { valid, type DueListDocument } from '../../support/documents.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { insertRows, newStorePath, sql, storeWith } from '../../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { valuesOf } from '../../support/values-of.js';

const NOW = JANUARY + 31 * DAY;
const linkTo = (uid: string) => ({
  Link: [{ LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: uid }],
});

async function listed(
  store: string,
  argv: readonly string[] = [],
  now = NOW,
): Promise<DueListDocument> {
  const { exitCode, document } = await runJson(DueList, store, argv, now);
  assert.equal(exitCode, 0, JSON.stringify(document));
  return valid('due-list', document);
}

const uidsOf = ({ keys }: DueListDocument) => keys.map(({ uid }) => uid);

describe('kms due list', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
    insertRows(store, [
      aSymmetricKey({ uid: 'later', intervalSeconds: 40 * DAY }),
      aSymmetricKey({ uid: 'due-b' }),
      aSymmetricKey({ uid: 'due-a', owner: 'bob@example.org' }),
      aSymmetricKey({ uid: 'oldest', initialDate: JANUARY - DAY, offsetSeconds: 3600 }),
      aSymmetricKey({ uid: 'unarmed', intervalSeconds: null }),
      aSymmetricKey({ uid: 'opted-out' }, { RotateAutomatic: false }),
      aSymmetricKey({ uid: 'asleep' }, {}, { state: 'PreActive' }),
      aSymmetricKey({ uid: 'replaced' }, linkTo('due-a')),
      aSymmetricKey({ uid: 'bad' }, { RotateInterval: 'often' }),
      aSymmetricKey({ uid: 'kek' }),
      aSymmetricKey({ uid: 'orphan', intervalSeconds: null }, {}, { wrappingKeyId: 'replaced' }),
      aSymmetricKey({ uid: 'dek', intervalSeconds: null }, {}, { wrappingKeyId: 'kek' }),
    ]);
    sql(store, `UPDATE objects SET state = 'Deactivated' WHERE id = 'replaced'`);
    for (const [uid, tag] of [
      ['due-a', 'env:prod'],
      ['due-a', 'team:x'],
      ['due-b', 'env:prod'],
    ]) {
      sql(store, 'INSERT INTO tags VALUES (?, ?)', uid, tag);
    }
  });

  it('lists what cannot be decided, then the longest overdue first, then by uid', async () => {
    assert.deepEqual(uidsOf(await listed(store)), ['bad', 'oldest', 'due-a', 'due-b', 'kek']);
  });

  it('tells everything about a due key', async () => {
    const { keys, now, count } = await listed(store, ['--owner', 'bob@example.org']);
    assert.deepEqual([now, count], ['2026-02-10T08:00:00Z', 1]);
    assert.deepEqual(keys[0], {
      uid: 'due-a',
      owner: 'bob@example.org',
      objectType: 'SymmetricKey',
      algorithm: 'AES',
      length: 256,
      state: 'Active',
      flow: 'plain',
      wrappingKeyUid: null,
      dependants: 0,
      keyset: null,
      generation: 0,
      intervalSeconds: 30 * DAY,
      offsetSeconds: null,
      retiresAt: null,
      deadline: '2026-02-09T08:00:00Z',
      deadlineRule: 'initial-date+interval',
      deadlineOf: null,
      due: true,
      overdueSeconds: DAY,
    });
  });

  it('tells of an undecidable key that it cannot be told whether it is due', async () => {
    const { keys } = await listed(store);
    const bad = keys.find(({ uid }) => uid === 'bad')!;
    assert.deepEqual([bad['due'], bad['deadline'], bad['overdueSeconds']], [null, null, null]);
  });

  it('tells of a wrapping key how many depend on it', async () => {
    const { keys } = await listed(store);
    const kek = keys.find(({ uid }) => uid === 'kek')!;
    assert.deepEqual([kek['flow'], kek['dependants']], ['wrapping', 1]);
  });

  for (const [filters, uids] of Object.entries({
    '--tag env:prod': ['due-a', 'due-b'],
    '--tag env:prod --tag team:x': ['due-a'],
    '--tag env:prod --tag none': [],
    '--owner bob@example.org --tag team:x': ['due-a'],
    '--owner BOB@example.org': [],
    '--type SymmetricKey --tag env:prod': ['due-a', 'due-b'],
    '--type PrivateKey': [],
  })) {
    it(`narrows by all filters at once: ${filters}`, async () => {
      assert.deepEqual(uidsOf(await listed(store, filters.split(' '))), uids);
    });
  }

  it('--within also lists what becomes due by then, to the second', async () => {
    const inNineDays = uidsOf(await listed(store, ['--within', '9d']));
    assert.deepEqual(inNineDays, ['bad', 'oldest', 'due-a', 'due-b', 'kek', 'later']);
    const oneSecondLess = await listed(store, ['--within', `${9 * DAY - 1}s`]);
    assert.ok(!uidsOf(oneSecondLess).includes('later'));
  });

  it('lists a key from the very second of its deadline', async () => {
    const deadline = JANUARY + 30 * DAY;
    assert.ok(!uidsOf(await listed(store, [], deadline - 1)).includes('due-a'));
    assert.ok(uidsOf(await listed(store, [], deadline)).includes('due-a'));
  });

  it('--explain gives the verdict on every object with a policy, and the orphans', async () => {
    const { keys, orphans } = await listed(store, ['--explain']);
    assert.deepEqual(Object.fromEntries(keys.map(({ uid, verdict }) => [uid, verdict])), {
      later: 'not-due',
      'due-a': 'due',
      'due-b': 'due',
      oldest: 'due',
      'opted-out': 'opted-out',
      asleep: 'not-active',
      replaced: 'already-replaced',
      bad: 'undecidable',
      kek: 'due',
    });
    assert.deepEqual(orphans, [
      { uid: 'orphan', wrappingKeyUid: 'replaced', replacementUid: 'due-a', error: null },
    ]);
  });

  it('--explain says why something cannot be rotated or decided', async () => {
    const { keys } = await listed(store, ['--explain']);
    const reasons = keys.flatMap(({ uid, error }) => (error === null ? [] : [[uid, error.reason]]));
    assert.deepEqual(Object.fromEntries(reasons), { bad: 'Undecidable' });
  });

  it('prints a table, then what ails a key', async () => {
    const { stdout, stderr } = await runCommand(DueList, store, [], NOW);
    assert.equal(stderr, '');
    const [head, ...lines] = stdout.split('\n');
    assert.match(head ?? '', /^UID +DUE +DEADLINE +KEY +FLOW +OWNER$/);
    assert.match(lines[2] ?? '', /^due-a +1 d overdue +2026-02-09T08:00:00Z +AES-256 +plain +bob@/);
    assert.match(stdout, /^bad: .*RotateInterval/m);
  });

  it('prints verdicts and orphans with --explain', async () => {
    const { stdout } = await runCommand(DueList, store, ['--explain'], NOW);
    assert.match(stdout, /^1 undecidable, 4 due, .*, 1 orphan\n\nUID +VERDICT +DUE/);
    assert.match(stdout, /^replaced +already-replaced +–/m);
    assert.match(stdout, /^orphan: still wrapped by replaced, which due-a replaced$/m);
  });

  it('writes control characters of a uid out', async () => {
    const other = await storeWith([aSymmetricKey({ uid: 'a\u001b[31m\n\u202eb' })]);
    const { stdout } = await runCommand(DueList, other, [], NOW);
    assert.match(stdout, /^a\\u\{1b\}\[31m\\u\{a\}\\u\{202e\}b /m);
  });
});

describe('kms due list --check', () => {
  it('answers by its exit code alone', async () => {
    const store = await storeWith([aSymmetricKey()]);
    const deadline = JANUARY + 30 * DAY;
    for (const [now, exitCode] of [
      [deadline - 1, 1],
      [deadline, 0],
    ] as const) {
      assert.deepEqual(await runCommand(DueList, store, ['--check'], now), {
        exitCode,
        stdout: '',
        stderr: '',
      });
    }
  });
});

describeGolden('kms due list on a store of the server', () => {
  const DAY_51 = JANUARY + 41 * DAY;

  it('finds the 61 due keys without tables of ours, in valid documents', async () => {
    const store = goldenCopy('store.sqlite');
    assert.equal((await listed(store, [], DAY_51)).count, 61);
    assert.equal((await listed(store, ['--type', 'Certificate'], DAY_51)).count, 7);
    assert.equal((await listed(store, ['--type', 'PrivateKey'], DAY_51)).count, 28);
    assert.equal((await listed(store, ['--type', 'SymmetricKey'], DAY_51)).count, 26);
  });

  it('lists the Active certificates that end in time with --expiring, policy or not', async () => {
    const store = goldenCopy('store.sqlite');
    const { document } = await runJson(DueList, store, ['--expiring', '50d'], DAY_51);
    const { expiring } = valid('due-list', document) as unknown as {
      expiring: { uid: string; daysLeft: number; subject: string; armed: boolean }[];
    };
    assert.deepEqual(valuesOf(expiring, 'uid', 'daysLeft', 'armed'), [
      ['cert-of-service', 20, true],
      ['leaf', 20, true],
      ['cert-self-ed25519', 50, true],
      ['cert-self-mldsa', 50, true],
      ['cert-self-p256', 50, true],
    ]);
    assert.equal(expiring[1]!.subject, 'CN=www.example.org');
    const later = await runCommand(DueList, store, ['--expiring', '1d'], JANUARY + 61 * DAY);
    assert.match(later.stdout, /^CERTIFICATE +ENDS +NOT AFTER/m);
    assert.match(later.stdout, /^leaf .*overdue +2026-03-11T08:00:07Z/m);
  });

  for (const file of ['store', 'store-rotated', 'kek', 'crash']) {
    it(`explains every key of ${file}.sqlite in a valid document`, async () => {
      const { keys } = await listed(goldenCopy(`${file}.sqlite`), ['--explain'], DAY_51);
      assert.ok(keys.every(({ verdict }) => typeof verdict === 'string'));
      assert.ok(keys.length > 0);
    });
  }
});
