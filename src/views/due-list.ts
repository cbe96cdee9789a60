// One listed key as `kms due list` tells of it, and the document `kms.due-list/v1`. Which keys are
// listed is survey.ts's business, how they look on a terminal due-table.ts's.
import { KmsError } from '../errors.js';
import type { FlowName, ServerKek } from '../flows/change.js';
import { flowNameOf } from '../flows/flow-name.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import { symmetricMaterialLength } from '../kmip/key-block.js';
import { algorithmOf, type ManagedObject } from '../kmip/managed-object.js';
import type { StaleDependant } from '../survey/stale-dependants.js';
import { errorJson, type ErrorJson } from '../report/error-json.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { dateViolationsOf, type DateViolation } from '../rotation/date-violations.js';
import type { DeadlineRule } from '../rotation/deadline.js';
import type { Eligibility } from '../rotation/eligibility.js';
import { validityOf } from '../survey/certificate-validity.js';
import type { EvaluatedCandidate } from '../survey/survey.js';

export interface ListedKey {
  readonly uid: string;
  readonly owner: string | null;
  readonly objectType: string | null;
  readonly algorithm: string | null;
  /** Bits. */
  readonly length: number | null;
  readonly state: string | null;
  readonly flow: FlowName | null;
  readonly wrappingKeyUid: string | null;
  readonly dependants: number;
  readonly keyset: string | null;
  readonly generation: number;
  readonly intervalSeconds: number | null;
  readonly offsetSeconds: number | null;
  readonly deadline: string | null;
  readonly deadlineRule: DeadlineRule | null;
  /** Null if it cannot be told. */
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
): ListedKey {
  const { row, dependants } = candidate;
  const object = candidate.object instanceof KmsError ? null : candidate.object;
  const { deadline, eligibility, failure } = evaluation;
  const isDue = eligibility === 'due' || eligibility === 'unsupported';
  const due = eligibility === 'undecidable' ? null : isDue;
  return {
    uid: row.id,
    owner: row.owner,
    objectType: object?.objectType ?? null,
    algorithm: object === null ? null : algorithmOf(object),
    length: object === null ? null : lengthOf(object),
    state: row.state,
    flow: object === null ? null : flowNameOf(object, candidate, serverKek),
    wrappingKeyUid: object?.wrappingKeyUid ?? row.wrappingKeyId,
    dependants,
    keyset: object?.attributes.rotateName ?? null,
    generation: object?.attributes.rotateGeneration ?? 0,
    intervalSeconds: object?.attributes.rotateInterval ?? null,
    offsetSeconds: object?.attributes.rotateOffset ?? null,
    deadline: deadline === null ? null : formatInstant(deadline.at),
    deadlineRule: deadline?.rule ?? null,
    due,
    overdueSeconds: deadline === null ? null : due === true ? now - deadline.at : 0,
    verdict: eligibility,
    error: failure === null ? null : errorJson(failure),
    remarks: dateViolationsOf(candidate, evaluation, { now, notAfter: endOf(candidate) }),
  };
}

function endOf({ object }: RotationCandidate): EpochSeconds | null {
  const validity = validityOf(object);
  return validity === null || validity instanceof KmsError ? null : validity.notAfter;
}

/** What is told besides: each null where nobody asked. */
export interface DueListExtras {
  readonly staleDependants: readonly StaleDependant[] | null;
  readonly expiring: readonly object[] | null;
}

/** Returns the document `kms.due-list/v1`; verdicts, remarks and orphans stand in it when explained. */
export function dueListJson(
  keys: readonly ListedKey[],
  now: EpochSeconds,
  { staleDependants, expiring }: DueListExtras,
): object {
  const shown = keys.map(({ verdict, error, remarks, ...key }) =>
    staleDependants === null ? key : { ...key, verdict, error, remarks },
  );
  return {
    schema: 'kms.due-list/v1',
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

/** Returns the length of a key in bits; imported symmetric keys have it in the key block alone. */
export function lengthOf({ keyBlock, attributes, objectType }: ManagedObject): number | null {
  const stated = keyBlock?.cryptographicLength ?? attributes.cryptographicLength;
  if (stated !== null || keyBlock === null || objectType !== 'SymmetricKey') return stated;
  return keyBlock.keyMaterial === null ? null : symmetricMaterialLength(keyBlock) * 8;
}
