// Adds to the failure of an object which findings of kms doctor explain it, and the command that shows them. Hints about
// keysets name theirs by themselves (rotation/lifecycle.ts).
import { KmsError, type Reason } from '../errors.js';
import { wrappingKeyInBytes } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { RotationCandidate } from '../rotation/candidate.js';

/** A finding explains a failure for one of these reasons (null: for any), if the object is as it says. */
interface Explanation {
  readonly code: string;
  readonly reasons: readonly Reason[] | null;
  readonly applies: (candidate: RotationCandidate | null, error: KmsError) => boolean;
}

const always = () => true;

/** The first that explain a failure are named; those of one kind stand together, as only the whole store tells which it is. */
const EXPLANATIONS: readonly (readonly Explanation[])[] = [
  [{ code: 'unreadable-row', reasons: null, applies: isAboutUnreadableRow }],
  [
    {
      code: 'wrapping-key-mismatch',
      reasons: ['CannotUnwrap', 'WrappingKeyMissing', 'WrappingKeyNotActive'],
      applies: hasMismatch,
    },
  ],
  [
    { code: 'half-pair', reasons: ['UnsoundPair'], applies: lacksLinkedKey },
    { code: 'half-certificate', reasons: ['NoPrivateKey'], applies: lacksLinkedKey },
  ],
  [
    { code: 'unfinished-rotation', reasons: ['WrappingKeyNotActive'], applies: always },
    {
      code: 'stale-dependant',
      reasons: ['WrappingKeyMissing', 'WrappingKeyNotActive'],
      applies: always,
    },
    {
      code: 'unreadable-dependant',
      reasons: ['WrappingKeyMissing', 'WrappingKeyNotActive'],
      applies: always,
    },
  ],
];

/**
 * Returns the error with the command in its hint; unchanged if no finding explains it. The candidate is null for what
 * came to light while it was written.
 */
export function explained(error: KmsError, candidate: RotationCandidate | null): KmsError {
  for (const together of EXPLANATIONS) {
    const codes = together
      .filter(({ reasons }) => reasons?.includes(error.reason) ?? true)
      .filter(({ applies }) => applies(candidate, error))
      .map(({ code }) => code);
    if (codes.length > 0) return withFindings(error, codes);
  }
  return error;
}

/** Returns the error with the command that shows findings of these codes in its hint. */
export function withFindings(error: KmsError, codes: readonly string[]): KmsError {
  const command = `kms doctor ${codes.map((code) => `--only ${code}`).join(' ')} says more`;
  return new KmsError(error.reason, error.message, {
    ...(error.uid === null ? {} : { uid: error.uid }),
    hint: error.hint === null ? command : `${error.hint}; ${command}`,
    cause: error.cause,
  });
}

/** The row itself, one that it is related to, or one that it wraps. */
function isAboutUnreadableRow(
  candidate: RotationCandidate | null,
  { reason, uid, cause }: KmsError,
): boolean {
  if (reason === 'DependantNotRewrapped')
    return cause instanceof KmsError && cause.reason === 'MalformedObject';
  if (candidate === null) return false;
  const { object, relatedObjects, keyset } = candidate;
  if (object instanceof KmsError) return true;
  if (reason !== 'MalformedObject') return false;
  return (
    relatedObjects.get(uid ?? '') instanceof KmsError ||
    keyset.some((member) => member.uid === uid && member.generation === null)
  );
}

function hasMismatch(candidate: RotationCandidate | null): boolean {
  const object = candidate?.object;
  if (object === undefined || object instanceof KmsError) return false;
  return object.row.wrappingKeyId !== wrappingKeyInBytes(object);
}

function lacksLinkedKey(candidate: RotationCandidate | null): boolean {
  if (candidate === null || candidate.object instanceof KmsError) return false;
  const { object, relatedObjects } = candidate;
  return object.attributes.links.some(
    ({ linkType, linkedObjectIdentifier: uid }) =>
      (linkType === 'PublicKeyLink' || linkType === 'PrivateKeyLink') &&
      !isHsmUid(uid) &&
      relatedObjects.get(uid) === undefined,
  );
}
