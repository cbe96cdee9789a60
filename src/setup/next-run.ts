// What the next `kms rotate due` would do, in numbers and in words: `kms init` ends with that. It reads alone.
import { KmsError } from '../errors.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { FIRST_DEADLINE_RULES, type FirstDeadlineRule } from '../rotation/deadline.js';
import { type EvaluationOptions } from '../rotation/eligibility.js';
import { exclusionOfCandidate, isPassedOver } from '../rotation/exclusion.js';
import { openStore } from '../store/open.js';
import type { Store } from '../store/store.js';
import { evaluated } from '../survey/evaluated-candidate.js';
import { dueCandidates, type DueStore } from '../survey/survey.js';
import { CONNECT_OPTIONS } from './connect-options.js';
import { isByRule } from './first-deadlines.js';

export interface NextRun {
  /** How many keys it would rotate. */
  readonly due: number;
  /** How many it would fail to rotate, and report. */
  readonly failing: number;
  /** How many of the due keys have no Rotate Automatic: a server's scheduler passes over such keys. */
  readonly dueWithoutAutomatic: number;
  /** The rule in force for the first deadline. */
  readonly firstDeadline: FirstDeadlineRule;
  /** How many keys have another first deadline by the other rule. */
  readonly otherwiseByOtherRule: number;
}

/** `watched` returns the store to search in, which may tell how far that has come. */
export async function foreseeNextRun(
  url: string,
  options: EvaluationOptions,
  watched: (store: Store) => Store = (store) => store,
): Promise<NextRun> {
  const opened = await openStore(url, { ...CONNECT_OPTIONS, mode: 'read' });
  const store = watched(opened);
  try {
    return {
      ...(await countDue(store, options)),
      firstDeadline: options.firstDeadline,
      otherwiseByOtherRule: await countByRule(store, options),
    };
  } finally {
    await opened.close();
  }
}

/** The next run on a store without keys. */
export function nothingToRun(firstDeadline: FirstDeadlineRule): NextRun {
  return { due: 0, failing: 0, dueWithoutAutomatic: 0, firstDeadline, otherwiseByOtherRule: 0 };
}

async function countDue(store: DueStore, options: EvaluationOptions) {
  const counts = { due: 0, failing: 0, dueWithoutAutomatic: 0 };
  for await (const { candidate, evaluation } of dueCandidates(store, options, { tags: [] })) {
    if (evaluation.failure !== null) counts.failing += 1;
    if (evaluation.eligibility !== 'due') continue;
    counts.due += 1;
    if (isWithoutAutomatic(candidate)) counts.dueWithoutAutomatic += 1;
  }
  return counts;
}

function isWithoutAutomatic({ object }: RotationCandidate): boolean {
  return !(object instanceof KmsError) && object.attributes.rotateAutomatic === null;
}

/** Only keys whose rows say so are loaded: few have a Rotate Offset and were never rotated. */
async function countByRule(
  store: Pick<Store, 'findWithPolicy' | 'load'>,
  options: EvaluationOptions,
): Promise<number> {
  let count = 0;
  for await (const page of store.findWithPolicy({ tags: [] })) {
    const uids = page.filter((row) => isByRule(row, options.now)).map(({ id }) => id);
    const differing = (await store.load(uids)).filter((candidate) => {
      if (isPassedOver(exclusionOfCandidate(candidate), options)) return false;
      const [one, other] = FIRST_DEADLINE_RULES.map(
        (firstDeadline) => evaluated(candidate, { ...options, firstDeadline }).evaluation.deadline,
      );
      return one?.at !== other?.at;
    });
    count += differing.length;
  }
  return count;
}

/** Says it, a line each. */
export function nextRunLines(nextRun: NextRun): readonly string[] {
  const { due, failing, dueWithoutAutomatic, firstDeadline, otherwiseByOtherRule } = nextRun;
  const other = firstDeadline === 'offset' ? 'offset+interval' : 'offset';
  return [
    due === 0
      ? 'no key is due now'
      : `${keys(due)} due now: the next run rotates ${due === 1 ? 'it' : 'them'}; kms init has rotated nothing`,
    ...(dueWithoutAutomatic === 0
      ? []
      : [
          `${keys(dueWithoutAutomatic)} due without Rotate Automatic: a server does not rotate such keys, kms does; kms policy set UID --no-automatic leaves one out`,
        ]),
    ...(failing === 0
      ? []
      : [`${keys(failing)} overdue but cannot be rotated: kms due list --explain says why`]),
    ...(otherwiseByOtherRule === 0
      ? []
      : [
          `${keys(otherwiseByOtherRule)} first due at a date that rotation.first_deadline decides: it is "${firstDeadline}", not "${other}" (a server of 5.25 or later counts by "offset+interval")`,
        ]),
  ];
}

function keys(count: number): string {
  return count === 1 ? '1 key is' : `${count} keys are`;
}
