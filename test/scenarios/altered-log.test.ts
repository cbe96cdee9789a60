// Whatever is done to the log of a store behind its back is found, on every database: what a writer of the database could do,
// by SQL, to a log that runs have written and kms prune has pruned.
import assert from 'node:assert/strict';
import type { Finding } from '../../src/report/audit/finding.js';
import { isSealed, type SealedRow } from '../../src/store/own/chain/sealed-row.js';
import { sealed, writeLog } from '../support/chains.js';
import { describeEachDatabase } from '../support/databases.js';
import { logged, WRITER } from '../support/log-entries.js';
import { sql } from '../support/sql.js';
import { DAY, JANUARY, openForWriting, withStore } from '../support/store.js';
import { suiteStore } from '../support/suite-store.js';
import { checkReadLog, logRowsOf } from '../support/written-chains.js';

const NOW = JANUARY + 1000 * DAY;

/** Runs, by how old they are; the third is interrupted. Prune removes the first, and a row of the second. */
const RUNS = [900, 10, 9, 8, 7];

type Rows = readonly SealedRow[];

interface Tampering {
  /** What it leaves of the rows. */
  readonly on: (rows: Rows, run: (index: number) => Rows) => Rows;
  /** What is found, and of which row. */
  readonly found: (run: (index: number) => Rows) => readonly [Finding['kind'], string, number];
  /** Whether the newest head was written down elsewhere. */
  readonly hasHead?: boolean;
}

const place = (row: SealedRow | undefined) => [row?.chain ?? '', row?.seq ?? -1] as const;
const without = (rows: Rows, ...gone: Rows) => rows.filter((row) => !gone.includes(row));
const change = (rows: Rows, row: SealedRow | undefined, by: Partial<SealedRow>) =>
  rows.map((one) => (one === row ? { ...one, ...by } : one));

const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  'a byte that is changed': {
    on: (rows, run) => change(rows, run(1)[1], { host: 'hose' }),
    found: (run) => ['altered', ...place(run(1)[1])],
  },
  'a row that is changed and sealed again': {
    on: (rows, run) => {
      const [, row] = run(1);
      return row === undefined ? rows : change(rows, row, sealed({ ...row, host: 'hose' }, null));
    },
    found: (run) => ['replaced', ...place(run(1)[1])],
  },
  'a row that is deleted': {
    on: (rows, run) => without(rows, ...run(3).slice(1, 2)),
    found: (run) => ['missing', ...place(run(3)[1])],
  },
  'a row that is inserted': {
    on: (rows, run) => {
      const last = run(1).at(-1);
      if (last === undefined) return rows;
      const next = { ...last, seq: last.seq + 1, previousHash: last.hash, outcome: 'mended' };
      return [...rows, sealed({ ...next, details: null }, null)];
    },
    found: (run) => ['inserted', place(run(1)[0])[0], run(1).at(-1)!.seq + 1],
  },
  'two rows that are swapped': {
    on: (rows, run) => {
      const [, one, other] = run(3);
      if (one === undefined || other === undefined) return rows;
      const to = ({ chain, seq }: SealedRow) => ({ chain, seq });
      return change(change(rows, one, to(other)), other, to(one));
    },
    found: (run) => ['altered', ...place(run(3)[1])],
  },
  'a run that is removed': {
    on: (rows, run) => without(rows, ...run(2)),
    found: (run) => ['missing', place(run(2)[0])[0], 0],
  },
  'a run that is replaced': {
    on: (rows, run) => {
      const others = without(rows, ...run(3));
      return run(3).reduce<Rows>((written, row) => {
        const previousHash = row.seq === 0 ? null : (written.at(-1)?.hash ?? null);
        return [...written, sealed({ ...row, osUser: 'nobody', previousHash }, null)];
      }, others);
    },
    found: (run) => ['replaced', ...place(run(3).at(-1))],
  },
  'the end of a run that is removed': {
    on: (rows, run) => without(rows, ...run(3).slice(-2)),
    found: (run) => ['missing', ...place(run(3).at(-2))],
  },
  'the row of a prune that is removed': {
    on: (rows) => rows.filter(({ outcome }) => outcome !== 'pruned'),
    found: (run) => ['missing', place(run(1)[0])[0], 1],
  },
  'a row that loses its seal': {
    on: (rows, run) => change(rows, run(1)[1], { hash: null as unknown as string }),
    found: (run) => ['unsealed', ...place(run(1)[1])],
  },
  'the very end, with a head that was written down elsewhere': {
    on: (rows) => rows.slice(0, -1),
    found: () => ['missing', '', -1],
    hasHead: true,
  },
};

describeEachDatabase('the log of a store', (database) => {
  const storeUrl = suiteStore(database);

  it('tells of whatever was done to it, and where', async function () {
    this.timeout(60_000);
    const url = storeUrl();
    const interrupted = await openForWriting(url);
    for (const [index, days] of RUNS.entries()) {
      const store = index === 2 ? interrupted : await openForWriting(url);
      const entry = { uid: 'a', outcome: 'mended', runId: `run-${index}` } as const;
      const ages = index === 1 ? [900, days, days] : [days, days, days];
      await store.writeOwnRows(ages.map((age) => logged(NOW - age * DAY, entry)));
      if (index !== 2) await store.close();
    }
    const options = { now: NOW, olderThanSeconds: 400 * DAY, dryRun: false, writer: WRITER };
    const { log } = await withStore(url, (store) => store.pruneHistory(options));
    assert.equal(log.removed, 4);
    const whole = await checkReadLog(url);
    assert.deepEqual([whole.findings.items, whole.open.count()], [[], 1]);

    const rows = (await logRowsOf(url)).filter(isSealed);
    const listed = new Set(
      (await sql<{ chain: string }>(url, 'SELECT chain FROM kms_rotation_chains')).map(
        ({ chain }) => chain,
      ),
    );
    const run = (index: number) => rows.filter(({ runId }) => runId === `run-${index}`);
    const heads = [{ hash: String(rows.at(-1)?.hash), chain: null, seq: null }];
    for (const [what, { on, found, hasHead }] of Object.entries(TAMPERINGS)) {
      await sql(url, 'DELETE FROM kms_rotation_log');
      await sql(url, 'DELETE FROM kms_rotation_chains');
      await writeLog(url, { rows: on(rows, run), listed });
      const { findings } = await checkReadLog(url, hasHead === true ? heads : []);
      const places = findings.items.map(({ kind, chain, seq }) => [kind, chain ?? '', seq ?? -1]);
      assert.ok(
        places.some((one) => String(one) === String(found(run))),
        `${what}: ${String(found(run))} is not among ${places.join(' ')}`,
      );
    }
    await sql(url, 'DELETE FROM kms_rotation_log');
    await interrupted.close();
  });
});
