// What may be shown of an object: its attributes and its place among others, never its material. The
// documents `kms.key/v1`, `kms.key-list/v1` and `kms.lineage/v1` are built from it.
import { lengthOf } from './due-list.js';
import { KmsError } from '../errors.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import { linkTo } from '../kmip/attributes.js';
import { evaluateSchedule, type EvaluationOptions } from '../rotation/eligibility.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { errorJson, type ErrorJson } from '../report/error-json.js';
import { algorithmOf } from '../kmip/managed-object.js';

export interface KeyView {
  readonly uid: string;
  readonly owner: string | null;
  readonly objectType: string | null;
  readonly algorithm: string | null;
  /** Bits. */
  readonly length: number | null;
  readonly state: string | null;
  readonly names: readonly string[];
  readonly tags: readonly string[];
  readonly wrappingKeyUid: string | null;
  readonly dependants: number;
  readonly keyset: string | null;
  readonly generation: number;
  readonly intervalSeconds: number | null;
  readonly offsetSeconds: number | null;
  readonly automatic: boolean | null;
  readonly initialDate: string | null;
  readonly activationDate: string | null;
  readonly deactivationDate: string | null;
  readonly rotateDate: string | null;
  readonly deadline: string | null;
  readonly replacedUid: string | null;
  readonly replacementUid: string | null;
  /** Why the row cannot be read, if it cannot. */
  readonly error: ErrorJson | null;
}

/** Returns what may be shown; of a malformed row little but the reason. */
export function keyView(candidate: RotationCandidate, terms: EvaluationOptions): KeyView {
  const { row, dependants } = candidate;
  const object = candidate.object instanceof KmsError ? null : candidate.object;
  const attributes = object?.attributes ?? null;
  return {
    uid: row.id,
    owner: row.owner,
    objectType: object?.objectType ?? null,
    algorithm: object === null ? null : algorithmOf(object),
    length: object === null ? null : lengthOf(object),
    state: row.state,
    names: attributes?.names ?? [],
    tags: (attributes?.tags ?? []).filter((tag) => !tag.startsWith('_')),
    wrappingKeyUid: object?.wrappingKeyUid ?? row.wrappingKeyId,
    dependants,
    keyset: attributes?.rotateName ?? null,
    generation: attributes?.rotateGeneration ?? 0,
    intervalSeconds: attributes?.rotateInterval ?? null,
    offsetSeconds: attributes?.rotateOffset ?? null,
    automatic: attributes?.rotateAutomatic ?? null,
    initialDate: instant(attributes?.initialDate),
    activationDate: instant(attributes?.activationDate),
    deactivationDate: instant(attributes?.deactivationDate),
    rotateDate: instant(attributes?.rotateDate),
    deadline: row.state === 'Active' ? instant(evaluateSchedule(row, terms).deadline?.at) : null,
    replacedUid: attributes === null ? null : linkTo(attributes, 'ReplacedObjectLink'),
    replacementUid: attributes === null ? null : linkTo(attributes, 'ReplacementObjectLink'),
    error: candidate.object instanceof KmsError ? errorJson(candidate.object) : null,
  };
}

function instant(seconds: EpochSeconds | null | undefined): string | null {
  return seconds === null || seconds === undefined ? null : formatInstant(seconds);
}
