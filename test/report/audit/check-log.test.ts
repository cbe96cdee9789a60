import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  checkLog,
  type LogCheck,
  type LogCheckOptions,
} from '../../../src/report/audit/check-log.js';
import { sealingKeyId, type SealedRow } from '../../../src/store/own/chain/sealed-row.js';
import {
  aChainedLog,
  sealed,
  sealedAfter,
  sourceOf,
  TEST_KEY,
  type ChainedLog,
  type ChainPlan,
} from '../../support/chains.js';

const OPTIONS: LogCheckOptions = {
  keys: new Map([[sealingKeyId(TEST_KEY), TEST_KEY]]),
  publicKeys: new Map(),
  since: null,
  heads: [],
};

const check = (log: Parameters<typeof sourceOf>[0], options: Partial<LogCheckOptions> = {}) =>
  checkLog(sourceOf(log), { ...OPTIONS, ...options });

/** Five runs; the third was interrupted. */
const PLANS = [
  { rows: 3 },
  { rows: 1 },
  { rows: 2, isClosed: false },
  { rows: 4 },
  { rows: 2 },
] as const;

const LOG = aChainedLog(PLANS);
const KEYED = aChainedLog(
  PLANS.map((plan, index) => (index < 2 ? plan : { ...plan, key: TEST_KEY })),
);

/** The rows of the chain that was begun as the nth. */
const chainRows = (log: ChainedLog, index: number) => {
  const chains = [...new Set(log.rows.map(({ chain }) => chain))];
  return log.rows.filter(({ chain }) => chain === chains[index]);
};

const without = (log: ChainedLog, ...gone: readonly (SealedRow | undefined)[]): ChainedLog => ({
  ...log,
  rows: log.rows.filter((row) => !gone.includes(row)),
});

const replacing = (log: ChainedLog, row: SealedRow | undefined, by: Partial<SealedRow>) => ({
  ...log,
  rows: log.rows.map((one) => (one === row ? { ...one, ...by } : one)),
});

/** With a row that says that kms init is done. */
const MARKED = aChainedLog([{ rows: 1, isInitialised: true }]);

const kindsOf = ({ findings }: LogCheck) => findings.items.map(({ kind }) => kind);

describe('the check of the log', () => {
  it('finds a log whole that nobody has touched, and lists chains that were not closed', async () => {
    for (const log of [LOG, KEYED]) {
      const found = await check(log);
      assert.deepEqual(found.findings.items, []);
      assert.equal(found.rows, log.rows.length);
      assert.equal(found.chains, PLANS.length);
      assert.deepEqual(
        found.open.items.map(({ run }) => run),
        ['run-2'],
      );
    }
  });

  it('names the row that was changed, and the last good one before it', async () => {
    const [, before, row] = chainRows(LOG, 0);
    const found = await check(replacing(LOG, row, { uid: 'other' }));
    assert.equal(found.findings.count(), 1);
    const [finding] = found.findings.items;
    assert.equal(finding?.kind, 'altered');
    assert.deepEqual([finding.chain, finding.seq], [row?.chain, 2]);
    assert.deepEqual([finding.row?.run, finding.row?.uid], ['run-0', 'other']);
    assert.equal(finding.lastGood?.hash, before?.hash);
  });

  it('names a row that was changed and sealed again', async () => {
    const [, before, row] = chainRows(LOG, 0);
    assert.ok(row);
    const found = await check(replacing(LOG, row, sealed({ ...row, uid: 'other' }, null)));
    const [finding] = found.findings.items;
    assert.deepEqual(kindsOf(found), ['replaced']);
    assert.deepEqual([finding?.seq, finding?.lastGood?.hash], [2, before?.hash]);
  });

  it('names the rows that are gone', async () => {
    const rows = chainRows(LOG, 3);
    const found = await check(without(LOG, rows[2], rows[3]));
    const [finding] = found.findings.items;
    assert.deepEqual(kindsOf(found), ['missing']);
    assert.deepEqual([finding?.seq, finding?.lastSeq], [2, 3]);
    assert.equal(finding?.lastGood?.hash, rows[1]?.hash);
  });

  it('names the rows at the end of a chain that are gone, if a later chain names them', async () => {
    const rows = chainRows(LOG, 1);
    const found = await check(without(LOG, ...rows.slice(1)));
    const [finding] = found.findings.items;
    assert.deepEqual(kindsOf(found), ['missing']);
    assert.deepEqual([finding?.chain, finding?.seq, finding?.lastSeq], [rows[0]?.chain, 1, 2]);
    assert.equal(finding?.lastGood?.hash, rows[0]?.hash);
  });

  it('names a chain that is gone', async () => {
    const rows = chainRows(LOG, 1);
    // What it named is no longer named.
    const found = await check(without(LOG, ...rows));
    assert.deepEqual(kindsOf(found), ['missing', 'inserted']);
    assert.equal(found.findings.items[0]?.chain, rows[0]?.chain);
    const newest = chainRows(LOG, 4);
    assert.deepEqual(kindsOf(await check(without(LOG, ...newest))), ['missing', 'inserted']);
  });

  it('names a chain that nobody vouches for', async () => {
    const chain = 'ffffffff-0000-4000-8000-000000000000';
    const details = { heads: [], store: 'store-1' };
    const row = sealedAfter(
      undefined,
      { chain, outcome: 'chain-opened', details, uid: '', run: 9 },
      null,
    );
    const rows = [...LOG.rows, row];
    assert.deepEqual(kindsOf(await check({ ...LOG, rows })), ['inserted']);
    // Who writes the database can list it, too; then only a key, or a head from outside, helps.
    const listed = new Set([...LOG.listed, chain]);
    assert.deepEqual(kindsOf(await check({ rows, listed })), []);
    assert.deepEqual(kindsOf(await check({ rows: [...KEYED.rows, row], listed })), ['key']);
  });

  it('names a chain of bare hashes that only openings from long after the key name', async () => {
    const keyed = (day: number) => ({ rows: 1, key: TEST_KEY, day });
    const forged = (day: number) => ({ rows: 1, isForged: true, day });
    const before = [{ rows: 1, day: 0 }, keyed(3)];
    const found = async (...plans: readonly ChainPlan[]) => {
      const { findings } = await check(aChainedLog([...before, ...plans]));
      return findings.items.map(({ kind, row }) => [kind, row?.run]);
    };
    assert.deepEqual(await found(keyed(4), keyed(5)), []);
    // With whatever time it was forged.
    for (const day of [0, 3, 6]) {
      assert.deepEqual(await found(keyed(5), forged(day), keyed(6), keyed(7)), [
        ['key', `run-${day * 1440}`],
      ]);
    }
    // A run without the key may have been at work when it came in.
    assert.deepEqual(await found(forged(3), keyed(9), keyed(10)), []);
    // Nor does a row of change help that is forged with it.
    const change = { ...forged(6), rows: 0, isClosed: false, key: TEST_KEY };
    assert.deepEqual(await found(keyed(5), change, keyed(7)), [['key', `run-${6 * 1440}`]]);
  });

  it('cannot see that the very end is gone, unless a head was written down elsewhere', async () => {
    const rows = chainRows(LOG, 4);
    const cut = without(LOG, rows.at(-1));
    assert.deepEqual(kindsOf(await check(cut)), []);
    const hash = String(rows.at(-1)?.hash);
    const heads = [{ hash, chain: null, seq: null }];
    assert.deepEqual(kindsOf(await check(cut, { heads })), ['missing']);
    assert.deepEqual(kindsOf(await check(LOG, { heads })), []);
  });

  it('names a row without a seal', async () => {
    const [row] = chainRows(LOG, 0);
    assert.ok(row);
    const bare = { ...row, uid: 'bare', chain: null, seq: null, hash: null };
    const found = await check({ ...MARKED, rows: [...MARKED.rows, bare] });
    assert.deepEqual(kindsOf(found), ['unsealed']);
    assert.equal(found.findings.items[0]?.row?.uid, 'bare');
  });

  it('counts rows without a seal while no row says that kms init has sealed the log', async () => {
    const [row] = chainRows(LOG, 0);
    assert.ok(row);
    const bare = { ...row, chain: null, seq: null, hash: null };
    const found = await check({ ...LOG, rows: [bare, ...LOG.rows] });
    assert.deepEqual([kindsOf(found), found.notYetSealed], [[], 1]);
    const half = { ...bare, seq: 3 };
    assert.deepEqual(kindsOf(await check({ ...LOG, rows: [half, ...LOG.rows] })), ['unsealed']);
  });

  it('says which key is missing', async () => {
    const found = await check(KEYED, { keys: new Map() });
    assert.deepEqual([...found.missingKeys.keys()], [sealingKeyId(TEST_KEY)]);
  });

  it('holds nothing for sealed that the key has not sealed', async () => {
    const [, , row] = chainRows(KEYED, 3);
    assert.ok(row);
    const forged = sealed({ ...row, uid: 'other' }, Buffer.alloc(32, 9));
    assert.deepEqual(kindsOf(await check(replacing(KEYED, row, forged))), ['altered']);
    const bare = sealed({ ...row, uid: 'other', keyId: null }, null);
    assert.ok(kindsOf(await check(replacing(KEYED, row, bare))).includes('key'));
  });

  it('accepts what a prune says that it removed, and nothing beyond', async () => {
    const pruned = prunedLog();
    assert.deepEqual((await check(pruned)).findings.items, []);
    const [kept] = chainRows(pruned, 0);
    assert.notEqual(kindsOf(await check(without(pruned, kept))).length, 0);
    const row = chainRows(LOG, 0)[1];
    assert.ok(row);
    const back = { ...pruned, rows: [...pruned.rows, row] };
    assert.deepEqual(kindsOf(await check(back)), ['inserted']);
  });

  it('finds a head from outside among what was pruned', async () => {
    const rows = chainRows(LOG, 1);
    const last = rows.at(-1);
    assert.ok(last);
    const heads = [{ hash: last.hash, chain: null, seq: null }];
    assert.deepEqual(kindsOf(await check(prunedLog(), { heads })), []);
    const inner = { hash: String(rows[1]?.hash), chain: last.chain, seq: 1 };
    assert.deepEqual(kindsOf(await check(prunedLog(), { heads: [inner] })), []);
  });

  it('hashes only rows from a time on, if asked', async () => {
    const row = chainRows(LOG, 0)[2];
    const altered = replacing(LOG, row, { uid: 'other' });
    assert.deepEqual(kindsOf(await check(altered, { since: '2026-01-01T00:01:00Z' })), []);
    assert.deepEqual(kindsOf(await check(altered, { since: '2026-01-01T00:00:00Z' })), ['altered']);
  });

  it('accepts chains that begin in the middle, in a part of an export', async () => {
    const rows = chainRows(LOG, 3).slice(2);
    const found = await checkLog(
      sourceOf({ rows, listed: new Set() }, { isPart: true, listed: null }),
      OPTIONS,
    );
    assert.deepEqual(kindsOf(found), []);
    assert.equal(found.begunBefore, 1);
  });

  it('finds whatever is done to rows that a later chain vouches for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(LOG, KEYED),
        tampering,
        async (log, { tamper, at, other }) => {
          const vouched = log.rows.filter(({ chain }) => chain !== log.rows.at(-1)?.chain);
          const row = vouched[at % vouched.length];
          const target = vouched[other % vouched.length];
          assert.ok(row && target);
          const rows = TAMPERINGS[tamper](log.rows, row, target);
          if (sameRows(rows, log.rows)) return;
          const found = await check({ ...log, rows });
          assert.notEqual(found.findings.count(), 0, tamper);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds whatever is done to the newest chain, with a head from outside', async () => {
    await fc.assert(
      fc.asyncProperty(tampering, async ({ tamper, at, other }) => {
        const newest = chainRows(LOG, 4);
        const heads = [{ hash: String(newest.at(-1)?.hash), chain: null, seq: null }];
        const row = newest[at % newest.length];
        const target = newest[other % newest.length];
        assert.ok(row && target);
        const rows = TAMPERINGS[tamper](LOG.rows, row, target);
        if (sameRows(rows, LOG.rows)) return;
        const found = await check({ ...LOG, rows }, { heads });
        assert.notEqual(found.findings.count(), 0, tamper);
      }),
      { numRuns: 150 },
    );
  });
});

type Tamper = (
  rows: readonly SealedRow[],
  row: SealedRow,
  other: SealedRow,
) => readonly SealedRow[];

/** What somebody could do who writes the database and has no key. */
const TAMPERINGS = {
  'change a text': (rows, row) => change(rows, row, { host: `${row.host}.` }),
  'change a number': (rows, row) => change(rows, row, { durationMs: row.durationMs + 1 }),
  'change the details': (rows, row) => change(rows, row, { details: `${String(row.details)} ` }),
  'change the hash': (rows, row) => change(rows, row, { hash: flipped(row.hash) }),
  'change the hash before': (rows, row) =>
    change(rows, row, { previousHash: flipped(row.previousHash) }),
  'change the key': (rows, row) => change(rows, row, { keyId: row.keyId === null ? 'ab' : null }),
  'change the chain': (rows, row) => change(rows, row, { chain: `f${row.chain.slice(1)}` }),
  'change the place': (rows, row) => change(rows, row, { seq: row.seq + 100 }),
  delete: (rows, row) => rows.filter((one) => one !== row),
  insert: (rows, row, { chain, seq }) => [
    ...rows,
    sealed({ ...row, chain, seq: seq + 1, keyId: null }, null),
  ],
  swap: (rows, row, other) =>
    rows.map((one) => {
      if (one === row) return { ...other, chain: row.chain, seq: row.seq };
      return one === other ? { ...row, chain: other.chain, seq: other.seq } : one;
    }),
  'remove a chain': (rows, { chain }) => rows.filter((one) => one.chain !== chain),
  truncate: (rows, { chain, seq }) => rows.filter((one) => one.chain !== chain || one.seq < seq),
  behead: (rows, { chain, seq }) => rows.filter((one) => one.chain !== chain || one.seq > seq),
  'seal again from a row on': (rows, { chain, seq }) => resealed(rows, chain, seq),
  'replace a run': (rows, { chain }) => resealed(rows, chain, 0),
} satisfies Readonly<Record<string, Tamper>>;

const tampering = fc.record({
  tamper: fc.constantFrom(...(Object.keys(TAMPERINGS) as (keyof typeof TAMPERINGS)[])),
  at: fc.nat(),
  other: fc.nat(),
});

function change(rows: readonly SealedRow[], row: SealedRow, by: Partial<SealedRow>) {
  return rows.map((one) => (one === row ? { ...one, ...by } : one));
}

function flipped(hash: string | null): string {
  return hash === null ? '0'.repeat(64) : `${hash.startsWith('0') ? '1' : '0'}${hash.slice(1)}`;
}

function resealed(rows: readonly SealedRow[], chain: string, from: number): readonly SealedRow[] {
  let before: SealedRow | undefined;
  return rows.map((row) => {
    if (row.chain !== chain) return row;
    const changed = { ...row, osUser: 'nobody', keyId: null, previousHash: before?.hash ?? null };
    before = row.seq < from ? row : sealed(changed, null);
    return before;
  });
}

function sameRows(one: readonly SealedRow[], other: readonly SealedRow[]): boolean {
  return (
    one.length === other.length &&
    one.every((row, index) => JSON.stringify(row) === JSON.stringify(other[index]))
  );
}

/** LOG after a prune of the whole second chain and of two rows of the first, by a sixth run. */
function prunedLog(): ChainedLog {
  const first = chainRows(LOG, 0);
  const second = chainRows(LOG, 1);
  const newest = chainRows(LOG, 4).at(-1);
  const hash = (rows: readonly SealedRow[], seq: number) => String(rows[seq]?.hash);
  const chain = 'eeeeeeee-0000-4000-8000-000000000000';
  const open = {
    heads: [{ chain: String(newest?.chain), seq: Number(newest?.seq), hash: String(newest?.hash) }],
    store: 's',
  };
  const opened = sealedAfter(
    undefined,
    { chain, outcome: 'chain-opened', details: open, uid: '', run: 8 },
    null,
  );
  const gaps = [
    {
      chain: String(first[0]?.chain),
      previous: hash(first, 0),
      previousSeq: 0,
      lastSeq: 1,
      last: hash(first, 1),
      count: 1,
    },
    {
      chain: String(first[0]?.chain),
      previous: hash(first, 1),
      previousSeq: 1,
      lastSeq: 2,
      last: hash(first, 2),
      count: 1,
    },
    {
      chain: String(second[0]?.chain),
      previous: null,
      previousSeq: -1,
      lastSeq: 2,
      last: hash(second, 2),
      count: 3,
    },
  ];
  const { seq } = first.at(-1) ?? { seq: 0 };
  const heads = [{ chain: String(first[0]?.chain), seq, hash: hash(first, seq) }];
  const details = { olderThan: '2026-01-01T00:00:00Z', gaps, heads };
  const pruned = sealedAfter(opened, { chain, outcome: 'pruned', details, uid: '', run: 8 }, null);
  const rows = without(LOG, first[1], first[2], ...second).rows;
  return { rows: [...rows, opened, pruned], listed: new Set([...LOG.listed, chain]) };
}
