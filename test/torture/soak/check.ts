// What must hold of a soak's store once all its runs have ended: the rules that the tests of wrapping and of keysets
// check, and that what each run reported is what the log has of it.
import type { RotateDocument } from '../../support/documents.js';
import { violations } from '../../support/invariants.js';
import { sql } from '../../support/sql.js';
import { arrow, readStore, type Contents } from '../../support/store-contents.js';
import { materialsIn, unwrapStore } from '../../support/wrapping/unwrap-store.js';
import { logFaults } from '../../support/written-chains.js';
import type { EndedRun } from './runs.js';
import type { StandIn } from './stand-in.js';

export interface SoakCheck {
  /** Looks for the first time. */
  begin(): Promise<void>;
  /** Returns what is wrong after these runs, and how many keys were rotated; looks again. */
  after(
    runs: readonly EndedRun[],
  ): Promise<{ readonly faults: readonly string[]; readonly rotated: number }>;
}

export function soakCheck(url: string, server: StandIn): SoakCheck {
  let materials: ReadonlyMap<string, string> = new Map();
  let lastId = 0;
  const look = async (): Promise<Contents> => {
    const contents = await readStore(url);
    const rows = await sql<{ id: number | string | null }>(
      url,
      'SELECT max(id) AS id FROM kms_rotation_log',
    );
    lastId = Number(rows[0]?.id ?? 0);
    return contents;
  };
  return {
    begin: async () => {
      server.look(await look());
      materials = materialsIn(await unwrapStore(url));
    },
    after: async (runs) => {
      const before = server.asWritten();
      const since = lastId;
      const { contents, faults } = server.withoutWriteBacks(await look());
      const logged = await sql<LoggedRotation>(
        url,
        `SELECT run_id, uid, replacement_uid FROM kms_rotation_log WHERE outcome = 'rotated' AND id > ${since}`,
      );
      const unwrapped = await unwrapStore(url);
      const found = materialsIn(unwrapped);
      const all = [
        ...faults,
        ...violations(
          { ...before, rotationsLogged: [] },
          { ...contents, rotationsLogged: arrows(logged) },
        ),
        ...unwrapped.problems,
        ...unwrapped.underRetired.map((uid) => `${uid} is under a retired key`),
        ...lost(materials, found, contents),
        ...(await logFaults(url, Infinity)),
        ...runs.flatMap(faultsOfRun),
        ...misreported(runs, logged),
      ];
      materials = found;
      server.look(contents);
      return { faults: all, rotated: logged.length };
    },
  };
}

interface LoggedRotation {
  readonly run_id: string;
  readonly uid: string;
  readonly replacement_uid: string | null;
}

function arrows(logged: readonly LoggedRotation[]): readonly string[] {
  return logged.map((row) => arrow(row.uid, row.replacement_uid)).sort();
}

/** What was deleted is not in the store at all. */
function lost(
  materials: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
  { objects }: Contents,
): readonly string[] {
  return [...materials]
    .filter(([uid, material]) => objects.has(uid) && found.get(uid) !== material)
    .map(
      ([uid]) => `${uid} ${found.has(uid) ? 'has another material' : 'cannot be opened any more'}`,
    );
}

/** What somebody else's writing may cost a run, which the next one does. */
const PASSING = ['ConcurrentChange', 'RowLocked', 'StoreBusy'];

/** Returns what a run should not have ended with, given what befell it. */
export function faultsOfRun(run: EndedRun): readonly string[] {
  const { argv, code, signal, stdout, stderr, disturbances } = run;
  const fault = [
    `kms ${argv.join(' ')} ended with ${String(code ?? signal)}: ${stderr}${stdout.slice(-3000)}`,
  ];
  if (code === null) return disturbances.has('kill') ? [] : fault;
  if (code === 0 || (code === 5 && argv.includes('--max-keys'))) return [];
  if (code === 3 && (disturbances.has('cut') || disturbances.has('full disk'))) return [];
  const { error, results } = reportOf(run) ?? { error: { reason: 'none' }, results: [] };
  const reasons = [error, ...results.map((result) => result.error)].flatMap(
    (one) => one?.reason ?? [],
  );
  return reasons.length > 0 && reasons.every((reason) => PASSING.includes(reason)) ? [] : fault;
}

type Report = RotateDocument & { readonly runId?: string };

/** Null where the run did not come to report. */
function reportOf({ stdout }: EndedRun): Report | null {
  if (!stdout.startsWith('{') || !stdout.trimEnd().endsWith('}')) return null;
  const document = JSON.parse(stdout) as Report;
  // What ended before there was a run has none.
  return document.runId === undefined ? null : document;
}

/** What is reported is there; what is there is reported, unless the run was cut off. */
function misreported(
  runs: readonly EndedRun[],
  logged: readonly LoggedRotation[],
): readonly string[] {
  const byRun = new Map<string, string[]>();
  for (const row of logged) {
    const rotations = byRun.get(row.run_id) ?? [];
    rotations.push(arrow(row.uid, row.replacement_uid));
    byRun.set(row.run_id, rotations);
  }
  return runs.flatMap((run) => {
    const report = reportOf(run);
    if (report === null) return [];
    const said = report.results
      .filter(({ outcome }) => outcome === 'rotated')
      .map(({ uid, replacementUid }) => arrow(uid, replacementUid));
    const done = byRun.get(report.runId ?? '') ?? [];
    const untold = run.disturbances.size > 0 ? [] : done.filter((one) => !said.includes(one));
    return [
      ...said
        .filter((one) => !done.includes(one))
        .map((one) => `${one} is reported and not logged`),
      ...untold.map((one) => `${one} is logged by a run that does not report it`),
    ];
  });
}
