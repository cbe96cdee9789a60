// Loads the objects of a batch just before they are rotated, with everything that preparing them may need. Lookups
// that read many rows are made only for a batch that needs them.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { mayHaveWrapped } from '../rotation/wrapping-rules.js';
import { publicUidOf } from '../rotation/related-objects.js';
import type { LoadOptions } from '../store/find/load-candidates.js';
import { wrappingCertificates } from '../survey/certificate-links.js';
import type { Run, RunContext } from './context.js';
import type { RotationContext } from '../flows/rotation-context.js';

export interface LoadedBatch {
  /** Those of the objects that are in the store. */
  readonly candidates: readonly RotationCandidate[];
  readonly rotationContext: RotationContext;
}

/** What is taken of a run to load objects. */
export interface LoadContext extends Pick<
  RunContext,
  | 'now'
  | 'firstDeadline'
  | 'ends'
  | 'newUid'
  | 'newPair'
  | 'serverKek'
  | 'withCertificates'
  | 'overlap'
> {
  readonly store: Pick<
    Run['store'],
    'load' | 'loadRelated' | 'findWrappingCertificates' | 'retiringObjects'
  >;
  readonly state: Run['state'];
}

export async function loadBatch(run: LoadContext, uids: readonly string[]): Promise<LoadedBatch> {
  const loaded = await run.store.load(uids, serverKekLoadOptions(run));
  const candidates = run.withCertificates ? await withRelatedCertificates(run, loaded) : loaded;
  return { candidates, rotationContext: await rotationContextOf(run, candidates) };
}

/** The configured key encryption key may not be in the store: then the server's own is still looked for. */
function serverKekLoadOptions({ serverKek: { uid } }: LoadContext): LoadOptions {
  const inStore = uid !== null && uid !== 'none' && !isHsmUid(uid);
  return { alsoRelated: inStore ? [uid] : [], detectServerKek: uid === null || inStore };
}

/**
 * Adds the certificates that link to a pair, which need not link back. Only their links lead to them, so these are
 * looked up again once a certificate has been replaced since.
 */
async function withRelatedCertificates(
  run: LoadContext,
  candidates: readonly RotationCandidate[],
): Promise<readonly RotationCandidate[]> {
  const pairUids = candidates.flatMap(({ object }) =>
    isPrivateKey(object) ? [object.uniqueIdentifier, publicUidOf(object)] : [],
  );
  if (pairUids.length === 0) return candidates;
  const load = async () => {
    const linking = (await run.state.certificates()).filter(({ linkedUids }) =>
      linkedUids.some((uid) => pairUids.includes(uid)),
    );
    const uids = linking.map(({ uid }) => uid);
    const related = await run.store.loadRelated(uids);
    return { related, isStale: uids.some((uid) => isInactive(related.get(uid))) };
  };
  let found = await load();
  if (found.isStale) {
    run.state.invalidateCertificates();
    found = await load();
  }
  return candidates.map((candidate) => ({
    ...candidate,
    relatedObjects: new Map([...found.related, ...candidate.relatedObjects]),
  }));
}

/** A certificate that cannot be read may still be in use. */
function isInactive(certificate: ManagedObject | KmsError | undefined): boolean {
  return !(certificate instanceof KmsError) && certificate?.state !== 'Active';
}

async function rotationContextOf(
  run: LoadContext,
  candidates: readonly RotationCandidate[],
): Promise<RotationContext> {
  const { store, state, firstDeadline, ends, newUid, newPair, serverKek, withCertificates } = run;
  const { overlap } = run;
  const wrappingKeyMismatches = candidates.some(mayWrapOthers)
    ? await state.wrappingKeyMismatches()
    : [];
  const hasPair = candidates.some(({ object }) => isPrivateKey(object));
  const hasCertificate = hasPair || candidates.some(({ object }) => isCertificate(object));
  return {
    now: run.now(),
    firstDeadline,
    ends,
    newUid,
    newPair,
    serverKek,
    wrappingKeyMismatches,
    certificates: hasPair ? await state.certificates() : [],
    publicKeyLinks: hasPair ? await state.publicKeyLinks() : [],
    wrappingCertificates: hasPair ? await wrappingCertificates(store, wrappingKeyMismatches) : [],
    issuersNamed: state.issuersNamed,
    withCertificates,
    overlap,
    retiringUids: new Set(hasCertificate ? (await store.retiringObjects()).keys() : []),
    disarm: false,
  };
}

/** Of a pair, either key may be the one that others name. */
function mayWrapOthers({ object, dependants, relatedObjects }: RotationCandidate): boolean {
  if (dependants > 0) return true;
  if (object instanceof KmsError) return false;
  if (mayHaveWrapped(object)) return true;
  if (!isPrivateKey(object)) return false;
  const publicKey = relatedObjects.get(publicUidOf(object));
  return publicKey !== undefined && !(publicKey instanceof KmsError) && mayHaveWrapped(publicKey);
}

function isPrivateKey(object: ManagedObject | KmsError): object is ManagedObject {
  return !(object instanceof KmsError) && object.objectType === 'PrivateKey';
}

function isCertificate(object: ManagedObject | KmsError): boolean {
  return !(object instanceof KmsError) && object.objectType === 'Certificate';
}
