// Candidates and contexts of rotations, without a store: what surrounds an object is what the test says.
import { generateKeyPair } from '../../src/crypto/keys/generate-key-pair.js';
import { NO_OVERLAP } from '../../src/rotation/retiring-object.js';
import { randomUUID } from 'node:crypto';
import { KmsError } from '../../src/errors.js';
import { decodeRow, type ObjectRow } from '../../src/kmip/managed-object.js';
import { DEFAULT_END_OPTIONS } from '../../src/rotation/ends.js';
import { NO_OPTIONS } from '../../src/rotation/policy-options.js';
import type { RotationCandidate } from '../../src/rotation/candidate.js';
import type { UnitOutcome } from '../../src/store/apply.js';
import type { RotationContext } from '../../src/flows/rotation-context.js';
import { withQuickRsa } from './quick-rsa.js';
import type { ServerKek } from '../../src/flows/server-kek.js';

export const NO_KEK: ServerKek = { uid: null, mayBeRotated: false };

/** An object that nothing wraps and that wraps nothing, unless told otherwise. */
export function aCandidate(
  row: ObjectRow,
  changes: Partial<RotationCandidate> = {},
): RotationCandidate {
  return {
    row,
    object: decodedOrReason(row),
    replacedBy: null,
    retiring: null,
    dependants: 0,
    likeServerKek: false,
    keyset: [],
    nextUidTaken: false,
    nextUidLeftOvers: null,
    options: NO_OPTIONS,
    relatedObjects: new Map(),
    ...changes,
  };
}

export function aRotationContext(
  now: number,
  changes: Partial<RotationContext> = {},
): RotationContext {
  return {
    now,
    firstDeadline: 'offset',
    ends: DEFAULT_END_OPTIONS,
    disarm: false,
    overlap: NO_OVERLAP,
    retiringUids: new Set(),
    serverKek: NO_KEK,
    wrappingKeyMismatches: [],
    withCertificates: false,
    certificates: [],
    publicKeyLinks: [],
    wrappingCertificates: [],
    issuersNamed: () => Promise.resolve(new Map()),
    newUid: randomUUID,
    newPair: (kind) => withQuickRsa(() => generateKeyPair(kind)),
    ...changes,
  };
}

/** What became of each unit, in a word. */
export function kindsOf(outcomes: readonly UnitOutcome[]): readonly UnitOutcome['kind'][] {
  return outcomes.map(({ kind }) => kind);
}

/** What became of each unit, or why it failed. */
export function reasonsOf(outcomes: readonly UnitOutcome[]): readonly string[] {
  return outcomes.map((outcome) =>
    outcome.kind === 'failed' ? outcome.error.reason : outcome.kind,
  );
}

function decodedOrReason(row: ObjectRow): RotationCandidate['object'] {
  try {
    return decodeRow(row);
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}
