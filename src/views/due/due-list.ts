// One key as `kms due list` lists it, and the document `kms.due-list/v1`. survey/ finds the keys, due-table.ts draws
// the table.
import { KmsError } from '../../errors.js';
import { mapped, type LongList } from '../../text/lazy-lists.js';
import type { FlowName } from '../../flows/change.js';
import { flowNameOf } from '../../flows/flow-name.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { StaleDependant } from '../../survey/stale-dependants.js';
import { errorJson, type ErrorJson } from '../../report/error-json.js';
import { dateViolationsOf, type DateViolation } from '../../rotation/date-violations.js';
import type { HsmRule } from '../../rotation/exclusion.js';
import type { Deadline, DeadlineRule } from '../../rotation/deadline.js';
import { isOverdue, type Eligibility } from '../../rotation/eligibility.js';
import { certificateDatesOf } from '../../survey/certificate-validity.js';
import {
  keySummaryOf,
  rotationAttributesOf,
  type KeySummary,
  type RotationAttributes,
} from '../keys/key-summary.js';
import { conditionRef, type ActiveConditions } from '../status/active-conditions.js';
import type { EvaluatedCandidate } from '../../survey/evaluated-candidate.js';
import type { ServerKek } from '../../flows/server-kek.js';

export interface ListedKey extends KeySummary, RotationAttributes {
  readonly flow: FlowName | null;
  readonly deadline: string | null;
  readonly deadlineRule: DeadlineRule | null;
  /** The uid of the other key of the pair, if the deadline comes from that one. */
  readonly deadlineOf: string | null;
  /** Null if nobody can tell. */
  readonly due: boolean | null;
  /** 0 if it is not due. */
  readonly overdueSeconds: number | null;
  readonly verdict: Eligibility;
  readonly error: ErrorJson | null;
  /** What is wrong with its dates, the most urgent first. */
  readonly remarks: readonly DateViolation[];
}

export function listedKey(
  { candidate, evaluation }: EvaluatedCandidate,
  now: EpochSeconds,
  serverKek: ServerKek,
  hsm?: HsmRule,
): ListedKey {
  const object = candidate.object instanceof KmsError ? null : candidate.object;
  const { deadline, eligibility, failure } = evaluation;
  const at = deadline?.at ?? null;
  const due = eligibility === 'undecidable' ? null : isOverdue(evaluation);
  const flow = object === null ? null : flowNameOf(object, candidate, serverKek, hsm);
  const remarks = dateViolationsOf(candidate, evaluation, {
    now,
    certificate: certificateDatesOf(candidate),
  });
  // Each member of a literal after a spread takes V8 a microsecond.
  return Object.assign(keySummaryOf(candidate), { flow }, rotationAttributesOf(candidate), {
    deadline: at === null ? null : formatInstant(at),
    deadlineRule: deadline?.rule ?? null,
    deadlineOf: deadline?.of ?? null,
    due,
    overdueSeconds: overdueSecondsOf(deadline, due === true, now),
    verdict: eligibility,
    error: failure === null ? null : errorJson(failure),
    remarks,
  });
}

/** What is due at once is due since now. */
function overdueSecondsOf(
  deadline: Deadline | null,
  isOverdue: boolean,
  now: EpochSeconds,
): number | null {
  if (deadline === null) return null;
  return isOverdue ? now - (deadline.at ?? now) : 0;
}

/** What else a document lists; null where nobody asked for it. */
export interface DueListExtras {
  readonly staleDependants: readonly StaleDependant[] | null;
  readonly conditions: ActiveConditions;
  readonly expiring: readonly object[] | null;
}

/** Returns the document `kms.due-list/v1`, with verdicts, remarks and stale dependants if it explains. */
export function dueListJson(
  keys: LongList<ListedKey>,
  { store, now }: { readonly store: string; readonly now: EpochSeconds },
  { staleDependants, conditions, expiring }: DueListExtras,
): object {
  const shown = mapped(keys, ({ verdict, error, remarks, ...key }) =>
    staleDependants === null
      ? key
      : {
          ...{ ...key, verdict, error, remarks },
          conditions: (conditions.get(key.uid) ?? []).map((one) => conditionRef(one, now)),
        },
  );
  return {
    schema: 'kms.due-list/v1',
    store,
    now: formatInstant(now),
    keys: shown,
    count: keys.length,
    ...(staleDependants === null ? {} : { orphans: staleDependants.map(staleDependantJson) }),
    ...(expiring === null ? {} : { expiring }),
  };
}

function staleDependantJson({ error, ...staleDependant }: StaleDependant): object {
  return { ...staleDependant, error: error === null ? null : errorJson(error) };
}
