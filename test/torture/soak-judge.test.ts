// What judges a soak must itself notice memory that grows, a handle that is left, a run that should not have ended so,
// and an invariant that is broken.
import assert from 'node:assert/strict';
import { insertRows, newStorePath, sql } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/store.js';
import { faultsOfRun, soakCheck } from './soak/check.js';
import { growthOf, judgeMinute, judgeSoak, type MinuteFigures } from './soak/judge.js';
import type { Disturbance, EndedRun } from './soak/runs.js';
import { standIn } from './soak/stand-in.js';

const FLAT = {
  rotated: 0,
  ...{ runMegabytes: 90, runHandles: 21, soakMegabytes: 200, soakHandles: 30 },
  ...{ sessions: 0, processes: 0, files: 0 },
};

/** Minutes of which the second half is as told. */
function minutes(half: (minute: number) => Partial<MinuteFigures>): readonly MinuteFigures[] {
  return Array.from({ length: 60 }, (_, minute) => ({
    ...{ minute, ...FLAT },
    ...(minute < 30 ? {} : half(minute)),
  }));
}

describe('the judge of a soak', () => {
  it('has nothing against figures that rise at first and then go up and down', () => {
    const flat = minutes((minute) => ({
      runMegabytes: 95 + (minute % 3),
      soakMegabytes: 220 + 8 * (minute % 2),
    }));
    assert.deepEqual(judgeSoak(flat), []);
  });

  it('measures what a line through the figures rises', () => {
    assert.equal(growthOf([1, 2, 3, 4]), 3);
    assert.equal(growthOf([4, 4, 4]), 0);
    assert.equal(growthOf([7]), 0);
  });

  for (const what of ['runMegabytes', 'soakMegabytes'] as const) {
    it(`notices ${what} that grow by half a megabyte a minute`, () => {
      const growing = minutes((minute) => ({ [what]: FLAT[what] + (minute - 30) / 2 }));
      assert.match(judgeSoak(growing).join(), new RegExp(`${what} grow by 14.5 in 30 minutes`));
    });
  }

  it('allows the soak what it remembers of each key that was rotated, and runs nothing more', () => {
    const growing = minutes((minute) => ({
      ...{ rotated: 300, runMegabytes: 90 + (minute - 30) / 2 },
      soakMegabytes: 200 + (minute - 30) / 2,
    }));
    assert.match(judgeSoak(growing).join(), /^runMegabytes grow by 14\.5 in 30 minutes$/);
  });

  it('notices a handle that is left every ten minutes', () => {
    const leaking = minutes((minute) => ({ soakHandles: 30 + Math.floor(minute / 10) }));
    assert.match(judgeSoak(leaking).join(), /soakHandles grow by 2/);
  });

  for (const what of ['sessions', 'processes', 'files'] as const) {
    it(`notices ${what} that are left when all runs have ended`, () => {
      const left = minutes((minute) => (minute === 31 ? { [what]: 1 } : {}));
      assert.deepEqual(judgeSoak(left), [`minute 31: 1 ${what} are left`]);
      assert.deepEqual(judgeMinute(left[31]!), judgeSoak(left));
    });
  }

  const RUN: EndedRun = {
    ...{ argv: ['rotate', 'due'], code: 0, signal: null, stdout: '', stderr: '' },
    ...{ megabytes: 90, handles: 21, disturbances: new Set() },
  };
  const befallen = (what: Disturbance) => ({ disturbances: new Set([what]) });
  const failed = (reason: string) =>
    JSON.stringify({
      runId: 'r',
      error: null,
      results: [{ outcome: 'failed', error: { reason } }],
    });

  it('lets pass what befell a run', () => {
    for (const run of [
      RUN,
      { ...RUN, code: null, signal: 'SIGKILL', ...befallen('kill') } as const,
      { ...RUN, code: 3, ...befallen('full disk') } as const,
      { ...RUN, code: 5, argv: ['rotate', 'due', '--max-keys', '5'] },
      { ...RUN, code: 4, stdout: failed('ConcurrentChange') },
    ]) {
      assert.deepEqual(faultsOfRun(run), []);
    }
  });

  it('notices a run that ended as nothing that befell it explains', () => {
    for (const run of [
      { ...RUN, code: null, signal: 'SIGKILL' } as const,
      { ...RUN, code: 3 },
      { ...RUN, code: 3, ...befallen('kill') } as const,
      { ...RUN, code: 1, ...befallen('full disk') } as const,
      { ...RUN, code: 4, stdout: failed('Unsupported'), ...befallen('cut') } as const,
    ]) {
      assert.equal(faultsOfRun(run).length, 1);
    }
  });

  /** Looks at a store, does something to it, and looks again. */
  async function lookedAt(run: EndedRun, ...statements: readonly string[]) {
    const store = await newStorePath();
    insertRows(store, [
      aSymmetricKey({ uid: 'key', keyset: true }),
      aSymmetricKey({ uid: 'other' }),
    ]);
    const check = soakCheck(
      store,
      standIn(store, () => 0),
    );
    await check.begin();
    for (const statement of statements) sql(store, statement);
    return (await check.after([run])).faults.join('\n');
  }

  it('finds a store whole to which nothing was done', async () => {
    assert.equal(await lookedAt(RUN), '');
  });

  it('notices a key that is gone', async () => {
    assert.match(await lookedAt(RUN, `DELETE FROM objects WHERE id = 'other'`), /other is gone/);
  });

  it('notices a key that has the material of another', async () => {
    const statement = `UPDATE objects SET object =
      (SELECT object FROM objects WHERE id = 'other') WHERE id = 'key'`;
    assert.match(await lookedAt(RUN, statement), /key has another material/);
  });

  it('notices a rotation that a run reported and never did', async () => {
    const results = [{ uid: 'key', outcome: 'rotated', replacementUid: 'key@1', error: null }];
    const stdout = JSON.stringify({ runId: 'r', error: null, results });
    assert.match(await lookedAt({ ...RUN, stdout }), /key → key@1 is reported and not logged/);
  });
});
