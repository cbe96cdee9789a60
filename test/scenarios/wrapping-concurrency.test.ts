// A wrapping key rotates while others write: what it wraps is added, changed, destroyed or rotated by
// somebody else at the worst moment. Nothing is lost, on any database.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import type { RunReport } from '../../src/report/run-report.js';
import type { RunContext } from '../../src/run/context.js';
import { rotateDue } from '../../src/run.js';
import type { Store } from '../../src/store/store.js';
import { runApartOn } from '../support/binary.js';
import { describeEachDatabase } from '../support/databases.js';
import { tries } from '../support/effort.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { outcomesOf } from '../support/reports.js';
import { ALL, contextOf, runDue, runOne } from '../support/run.js';
import { kindOf, sql, withBare } from '../support/sql.js';
import { insertionsOf, insertRows, rowOf, rowsOf, withStore } from '../support/store.js';
import { faultsAfter, faultsIn } from '../support/wrapping/faults.js';
import { forestStore, NO_SERVER_KEK, NOW } from '../support/wrapping/forest-store.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';
import { created } from '../support/log-entries.js';

/** A wrapping key that is due, and what it wraps. */
const KEK = aPlant({ policy: 'due' });
const KEK_UID = 'aes256-0';
const dependant = (changes: Partial<Plant> = {}) => aPlant({ kind: 'hmac', under: 1, ...changes });

type Meddling = (url: string, spare: ObjectRow) => Promise<unknown>;

const CHANGED = { Comment: 'changed meanwhile' };

describeEachDatabase('a wrapping key that rotates while others write', (database) => {
  const forest = forestStore(database);

  /** Fills the suite's store anew, and returns one more row under its first key that is not in it. */
  const planted = async (plants: readonly Plant[]) => {
    const { url, rest } = await forest([...plants, dependant()], { count: plants.length });
    return { url, spare: rest[0]! };
  };

  const BETWEEN = {
    'changes a dependant': (url) => setAttributes(url, 'hmac-1', CHANGED),
    'destroys a dependant': (url) => destroy(url, 'hmac-1'),
    'deletes a dependant': (url) => sql(url, 'DELETE FROM objects WHERE id = ?', 'hmac-1'),
    'puts a new object under the key': (url, spare) => insertRows(url, [spare], []),
    'changes the key': (url) => setAttributes(url, KEK_UID, CHANGED),
    'rotates a dependant': (url) => rotateOnRequest(url, 'hmac-1'),
    'rotates the key': (url) => rotateOnRequest(url, KEK_UID),
  } satisfies Record<string, Meddling>;
  for (const [what, meddle] of Object.entries<Meddling>(BETWEEN)) {
    it(`loses nothing if somebody ${what} between its reading and its writing`, async () => {
      const { url, spare } = await planted([KEK, dependant(), dependant()]);
      const before = await unwrapStore(url);
      let meddled = 0;
      const report = await runHooked(url, {
        beforeApply: async () => {
          if ((meddled += 1) === 1) await meddle(url, spare);
        },
      });
      assert.ok(meddled > 0);
      const after = await unwrapStore(url);
      const gone = what.startsWith('destroys') || what.startsWith('deletes') ? ['hmac-1'] : [];
      const lost = faultsAfter(before, after).filter(
        (fault) => !gone.some((uid) => fault.startsWith(`${uid}: `)),
      );
      assert.deepEqual(lost, []);
      assert.deepEqual(after.underRetired, []);
      assert.equal(after.objects.get(KEK_UID)?.state, 'Deactivated');
      const [result] = report.results;
      assert.equal(result?.outcome, what === 'rotates the key' ? 'skipped' : 'rotated');
      if (what.startsWith('puts')) {
        const added = after.objects.get(spare.id);
        assert.equal(added?.wrappingKeyUid, result.replacementUid);
      }
      if (what.startsWith('changes')) {
        const uid = what === 'changes the key' ? KEK_UID : 'hmac-1';
        assert.match((await rowOf(url, uid)).attributes, /changed meanwhile/);
      }
    });
  }

  for (const state of ['Deactivated', 'Compromised'] as const) {
    it(`leaves it alone if somebody makes it ${state} between its reading and its writing`, async () => {
      const { url } = await planted([KEK, dependant()]);
      let after: Awaited<ReturnType<typeof rowsOf>> = [];
      await runHooked(url, {
        beforeApply: async () => {
          if (after.length > 0) return;
          await setAttributes(url, KEK_UID, { State: state });
          await changeRow(url, KEK_UID, { state });
          after = await rowsOf(url);
        },
      });
      assert.deepEqual(await rowsOf(url), after);
    });
  }

  it('follows the key if that is rotated between a dependant’s reading and its writing', async () => {
    const { url } = await planted([aPlant(), dependant({ policy: 'due' })]);
    const before = await unwrapStore(url);
    let meddled = false;
    const report = await runHooked(url, {
      beforeApply: async () => {
        if (meddled) return;
        meddled = true;
        await runOne(url, KEK_UID, NOW, NO_SERVER_KEK);
      },
    });
    assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
    const after = await unwrapStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
    const replacement = after.objects.get(report.results[0].replacementUid!);
    assert.equal(replacement?.wrappingKeyUid, after.objects.get(KEK_UID)?.replacementUid);
  });

  it('gives up, with nothing written, if somebody is quicker at every try', async () => {
    const { url } = await planted([KEK, dependant()]);
    let number = 0;
    const report = await runHooked(url, {
      beforeApply: () => setAttributes(url, KEK_UID, { Comment: `number ${(number += 1)}` }),
    });
    assert.equal(report.results[0]?.error?.reason, 'ConcurrentChange');
    const rows = await rowsOf(url);
    assert.equal(rows.length, 2);
    const { underRetired, problems } = await unwrapStore(url);
    assert.deepEqual({ underRetired, problems }, { underRetired: [], problems: [] });
  });

  it('is rotated once by two runs, with what it wraps, which is due too', async function () {
    this.timeout(60_000);
    for (let round = 0; round < tries(1, 2); round += 1) {
      const due = dependant({ policy: 'due' });
      const nested = aPlant({ under: 1, policy: 'due' });
      const { url } = await planted([KEK, nested, due, { ...due, under: 2 }, due]);
      const before = await unwrapStore(url);
      await atOnce(url, [RUN, RUN]);
      assert.deepEqual(await faultsIn(url, before), []);
      // A run that met conflicts at all its tries says so; the next one does the rest.
      await atOnce(url, [RUN]);
      const whole = await unwrapStore(url);
      assert.deepEqual(faultsAfter(before, whole), []);
      assert.equal(whole.objects.size, 10);
    }
  });

  it('is rotated on request while each dependant is', async function () {
    this.timeout(60_000);
    for (let round = 0; round < tries(1, 2); round += 1) {
      const { url } = await planted([KEK, dependant(), dependant(), dependant()]);
      const before = await unwrapStore(url);
      await atOnce(url, [KEK_UID, 'hmac-1', 'hmac-2', 'hmac-3']);
      assert.deepEqual(await faultsIn(url, before), []);
    }
  });

  it('is rolled back whole, and says so, if the run is over in its midst', async () => {
    const many = Array.from({ length: 300 }, () => dependant());
    const { url } = await planted([KEK, ...many]);
    const rows = await rowsOf(url);
    const before = await unwrapStore(url);
    let inside = false;
    const report = await runHooked(url, {
      onDependants: () => {
        inside = true;
      },
      stopRequested: () => Promise.resolve(inside),
    });
    assert.ok(inside);
    assert.deepEqual(report.results, []);
    assert.equal(report.notAttempted, 1);
    assert.match(report.notices.join(), /aes256-0/);
    assert.deepEqual(await rowsOf(url), rows);
    const again = await runDue(url, NOW, NO_SERVER_KEK);
    assert.equal(again.results[0]?.dependantsRewrapped, 300);
    assert.deepEqual(await faultsIn(url, before), []);
  });

  // SQLite lets nobody write while a transaction does.
  if (database.kind === 'sqlite') return;

  it('leaves no object behind that kms puts under it meanwhile', async function () {
    this.timeout(60_000);
    for (let round = 0; round < tries(1, 2); round += 1) {
      const others = Array.from({ length: 8 }, () => dependant());
      const { url, rest } = await forest([KEK, dependant(), ...others], { count: 2 });
      await Promise.all([
        runOne(url, KEK_UID, NOW, NO_SERVER_KEK),
        ...rest.map((row) => withStore(url, (store) => putIn(store, row))),
      ]);
      const { underRetired, problems } = await unwrapStore(url);
      assert.deepEqual({ underRetired, problems }, { underRetired: [], problems: [] });
    }
  });

  if (database.kind === 'postgresql') {
    // It holds no lock that could be waited for, and is not to be seen before its commit.
    it('is followed by the next run to what a server commits under it only after', async () => {
      const { url, spare } = await planted([KEK, dependant()]);
      const before = await unwrapStore(url);
      await withBare(url, async (server) => {
        await server.query('BEGIN');
        for (const { statement, values } of insertionsOf([spare], [])) {
          await server.query(statement, values);
        }
        const report = await runDue(url, NOW, NO_SERVER_KEK);
        assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
        await server.query('COMMIT');
      });
      assert.deepEqual((await unwrapStore(url)).underRetired, [spare.id]);
      const next = await runDue(url, NOW, NO_SERVER_KEK);
      assert.deepEqual(outcomesOf({ results: next.rewrappedDependants }), { [spare.id]: 'mended' });
      assert.deepEqual(await faultsIn(url, before), []);
    });
  }

  const INSIDE = {
    'changes one that is still to be re-wrapped': (url) => setAttributes(url, 'hmac-99', CHANGED),
    'destroys one that is still to be re-wrapped': (url) => destroy(url, 'hmac-99'),
    'puts a new one under the key, where the look has been': (url, spare) =>
      insertRows(url, [{ ...spare, id: 'a-new-one' }], []),
    'puts a new one under the key, where the look has not been': (url, spare) =>
      insertRows(url, [{ ...spare, id: 'z-new-one' }], []),
  } satisfies Record<string, Meddling>;
  for (const [what, meddle] of Object.entries<Meddling>(INSIDE)) {
    it(`loses nothing if somebody ${what}, inside its transaction`, async function () {
      this.timeout(60_000);
      const many = Array.from({ length: 300 }, () => dependant());
      const { url, spare } = await planted([KEK, ...many]);
      const before = await unwrapStore(url);
      let inside = false;
      let meddled = false;
      const report = await runHooked(url, {
        onDependants: () => {
          inside = true;
        },
        stopRequested: async () => {
          if (inside && !meddled) {
            meddled = true;
            await meddle(url, spare);
          }
          return false;
        },
      });
      assert.ok(meddled);
      const [result] = report.results;
      const after = await unwrapStore(url);
      const lost = faultsAfter(before, after).filter(
        (fault) => !(what.startsWith('destroys') && fault.startsWith('hmac-99: ')),
      );
      assert.deepEqual(lost, []);
      assert.deepEqual(after.underRetired, []);
      if (result?.outcome === 'failed') assert.equal(result.error?.reason, 'ConcurrentChange');
      else assert.equal(after.objects.get(KEK_UID)?.state, 'Deactivated');
      if (what.startsWith('changes')) {
        assert.match((await rowOf(url, 'hmac-99')).attributes, /changed meanwhile/);
      }
    });
  }
});

/** What a server's Destroy leaves of a wrapped object (storage format §2.6). */
function destroy(url: string, uid: string): Promise<void> {
  return changeRow(url, uid, ({ object }) => ({
    object: object.replace(/"KeyValue":\s*\[[\d,\s]+\]/, '"KeyValue":{"KeyMaterial":[]}'),
    ...{ attributes: '{}', state: 'Destroyed' },
  }));
}

async function rotateOnRequest(url: string, uid: string): Promise<void> {
  const [result] = (await runOne(url, uid, NOW, NO_SERVER_KEK)).results;
  assert.equal(result?.outcome, 'rotated', result?.error?.message);
}

interface Hooks extends Partial<RunContext> {
  readonly beforeApply?: () => Promise<void>;
}

function runHooked(url: string, { beforeApply, ...changes }: Hooks): Promise<RunReport> {
  return withStore(url, (store) => {
    const hooked: Store = {
      ...store,
      apply: async (units, watch) => {
        await beforeApply?.();
        return store.apply(units, watch);
      },
    };
    return rotateDue(contextOf(hooked, NOW, { ...NO_SERVER_KEK, ...changes }), ALL);
  });
}

/** What a run is asked for: all that is due, or one object. */
const RUN = 'all that is due';

/**
 * Runs at once. On SQLite each is a process: two connections of one process, which wait without letting
 * the other go on, would wait for ever.
 */
async function atOnce(url: string, runs: readonly string[]): Promise<void> {
  if (kindOf(url) !== 'sqlite') {
    await Promise.all(
      runs.map((run) =>
        run === RUN ? runDue(url, NOW, NO_SERVER_KEK) : runOne(url, run, NOW, NO_SERVER_KEK),
      ),
    );
    return;
  }
  const env = { KMS_ROTATION_KEY_ENCRYPTION_KEY: 'none' };
  const ended = await Promise.all(
    runs.map((run) =>
      runApartOn(url, run === RUN ? ['rotate', 'due'] : ['rotate', 'key', run], { env }),
    ),
  );
  for (const { code, stderr } of ended) assert.ok(code === 0 || code === 4, stderr);
}

/** Whoever comes too late for the wrapping key is told so. */
async function putIn(store: Store, row: ObjectRow): Promise<void> {
  try {
    await store.create([{ row, tags: ['_kk'] }], created(row.id));
  } catch (error) {
    if (!(error instanceof KmsError) || error.reason !== 'WrappingKeyNotActive') throw error;
  }
}
