// Rotation policies as `kms policy show` lists them: the document `kms.policy-list/v1`.
import { KmsError } from '../errors.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { PolicyFailure } from './policy-plan.js';
import type { PolicyView } from '../rotation/policy-text.js';
import { policyOf } from './policy-view.js';
import { errorJson } from '../report/error-json.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { EvaluationOptions, Eligibility } from '../rotation/eligibility.js';
import { algorithmOf } from '../kmip/managed-object.js';
import { evaluated } from '../survey/evaluated-candidate.js';

export interface PolicyEntry {
  readonly uid: string;
  readonly owner: string | null;
  readonly objectType: string | null;
  readonly algorithm: string | null;
  readonly state: string | null;
  readonly policy: PolicyView;
  readonly generation: number;
  readonly deadline: EpochSeconds | null;
  readonly verdict: Eligibility;
  /** Why the row cannot be read, or the key cannot be rotated. */
  readonly error: KmsError | null;
}

const UNKNOWN: PolicyView = {
  intervalSeconds: null,
  offsetSeconds: null,
  beforeEndSeconds: null,
  overlapSeconds: null,
  automatic: null,
  keyset: null,
};

export function policyEntry(candidate: RotationCandidate, options: EvaluationOptions): PolicyEntry {
  const { row } = candidate;
  const object = candidate.object instanceof KmsError ? null : candidate.object;
  const { eligibility, deadline, failure } = evaluated(candidate, options).evaluation;
  return {
    uid: row.id,
    owner: row.owner,
    objectType: object?.objectType ?? null,
    algorithm: object === null ? null : algorithmOf(object),
    state: row.state,
    policy: object === null ? UNKNOWN : policyOf(object, candidate.options),
    generation: object?.attributes.rotateGeneration ?? 0,
    deadline: row.state === 'Active' ? (deadline?.at ?? null) : null,
    verdict: eligibility,
    error: candidate.object instanceof KmsError ? candidate.object : failure,
  };
}

/** Returns the document `kms.policy-list/v1`; `unknown` are names that mean no object. */
export function policyListJson(
  entries: readonly PolicyEntry[],
  unknown: readonly PolicyFailure[],
  now: EpochSeconds,
): object {
  return {
    schema: 'kms.policy-list/v1',
    now: formatInstant(now),
    keys: entries.map(({ policy, deadline, error, ...entry }) => ({
      ...entry,
      ...policy,
      deadline: deadline === null ? null : formatInstant(deadline),
      error: error === null ? null : errorJson(error),
    })),
    count: entries.length,
    unknown: unknown.map(({ error }) => errorJson(error)),
  };
}
