import { generateKeyPair, wipePrivateKey } from '../crypto/keys/generate-key-pair.js';
import type { PairKind } from '../crypto/keys/pair-kind.js';
import { KmsError } from '../errors.js';
import { certificateOf } from '../flows/certificates/certificate-object.js';
import type { Change } from '../flows/change.js';
import { assertCanBeCertified, createCertificate, type CertificateParts, type NewCertificate } from '../flows/certificates/new-certificate-row.js';
import { createKeyPair } from '../flows/pairs/create-pair.js';
import { linkedToCertificate } from '../flows/certificates/recertify.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { decodeRow, type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import { latestGenerationOf } from '../rotation/generations.js';
import { publicUidOf, type RelatedObjects } from '../rotation/related-objects.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { Store } from '../store/open.js';

export interface CertificateRequest {
  readonly certificate: NewCertificate;
  /** The address of a private key in the store, or what kind of new pair to make. */
  readonly key: string | { readonly kind: PairKind; readonly uid: string };
  /** The address of the issuer's certificate in the store; null for a self-signed certificate. */
  readonly issuer: string | null;
  readonly now: EpochSeconds;
}

/**
 * Writes a certificate; returns whether its validity was shortened to end with that of its issuer.
 *
 * @throws KmsError UnknownUid, UidTaken, ConcurrentChange, or what createCertificate throws.
 */
export async function makeCertificate(
  store: Store,
  { certificate, key, issuer, now }: CertificateRequest,
): Promise<{ readonly shortened: boolean }> {
  const issuing = issuer === null ? null : await load(store, issuer);
  const pair =
    typeof key === 'string' ? await pairInStore(store, key) : await newPair(key, certificate);
  const relatedObjects: RelatedObjects = new Map([
    ...(issuing?.relatedObjects ?? []),
    ...pair.relatedObjects,
  ]);
  const authority =
    issuing === null ? null : certificateOf(latestGenerationOf(issuing.object, relatedObjects));
  const parts: CertificateParts = { ...pair, authority, relatedObjects, now };
  const { row, shortened } = await createCertificate(certificate, parts);
  await write(store, certificate.uid, [
    created(row, '_cert', authority === null ? [] : [authority.object.uniqueIdentifier]),
    ...pair.changes(certificate.uid),
  ]);
  return { shortened };
}

interface PairForCertificate {
  readonly privateKey: ManagedObject;
  readonly publicKey: ManagedObject;
  readonly relatedObjects: RelatedObjects;
  /** The changes of the pair's rows, linked to the certificate. */
  readonly changes: (certificateUid: string) => readonly Change[];
}

async function pairInStore(store: Store, address: string): Promise<PairForCertificate> {
  const { object: privateKey, relatedObjects } = await load(store, address);
  assertCanBeCertified(privateKey);
  const publicKey = relatedObjects.get(publicUidOf(privateKey));
  if (publicKey instanceof KmsError) throw publicKey;
  const uid = privateKey.uniqueIdentifier;
  if (publicKey === undefined) {
    throw new KmsError('UnsoundPair', `${JSON.stringify(uid)} has no public key in the store`, {
      uid,
      hint: 'mend the pair with the server that wrote it',
    });
  }
  const changes = (certificateUid: string) =>
    [privateKey, publicKey].map((key): Change => ({
      kind: 'replace',
      before: key.row,
      after: linkedToCertificate(key, certificateUid),
    }));
  return { privateKey, publicKey, relatedObjects, changes };
}

async function newPair(
  { kind, uid }: { readonly kind: PairKind; readonly uid: string },
  { owner, initialDate }: NewCertificate,
): Promise<PairForCertificate> {
  const policy = {
    name: null,
    tags: [],
    intervalSeconds: null,
    offsetSeconds: null,
    keyset: false,
  };
  const generated = await generateKeyPair(kind);
  try {
    const rows = createKeyPair({ uid, owner, initialDate, ...policy }, generated, null);
    const [privateKey, publicKey] = [decodeRow(rows.privateKey), decodeRow(rows.publicKey)];
    const changes = (certificateUid: string) => [
      created(linkedToCertificate(privateKey, certificateUid), '_sk'),
      created(linkedToCertificate(publicKey, certificateUid), '_pk'),
    ];
    const relatedObjects = new Map(
      [privateKey, publicKey].map((key) => [key.uniqueIdentifier, key]),
    );
    return { privateKey, publicKey, relatedObjects, changes };
  } finally {
    wipePrivateKey(generated.privateKey);
  }
}

/** A new object replaces none, so it inherits no tags and grants. */
function created(row: ObjectRow, systemTag: string, lockedUids: readonly string[] = []): Change {
  return { kind: 'create', row, systemTag, replacedUid: row.id, lockedUids };
}

async function write(store: Store, uid: string, changes: readonly Change[]): Promise<void> {
  const uids = changes.flatMap((change) => (change.kind === 'create' ? [change.row.id] : []));
  const [taken] = await store.existing(uids);
  if (taken !== undefined) {
    throw new KmsError('UidTaken', `there is an object ${JSON.stringify(taken)} already`, {
      uid: taken,
      hint: 'choose another uid, or leave it out for a random one',
    });
  }
  const { outcomes, error } = await store.apply([{ changes, rewrapping: null, extraRows: [] }]);
  if (error !== null) throw error;
  const [outcome] = outcomes;
  if (outcome?.kind === 'written') return;
  if (outcome?.kind === 'failed') throw outcome.error;
  throw new KmsError(
    'ConcurrentChange',
    `the certificate ${JSON.stringify(uid)} was not written, as its issuer or its key was changed meanwhile`,
    { uid, hint: 'try again' },
  );
}

async function load(
  store: Store,
  address: string,
): Promise<{
  readonly object: ManagedObject;
  readonly relatedObjects: RotationCandidate['relatedObjects'];
}> {
  const uid = await store.resolveUid(address);
  const [candidate] = await store.load([uid]);
  if (candidate === undefined) {
    throw new KmsError('UnknownUid', `${JSON.stringify(uid)} was deleted meanwhile`, { uid });
  }
  const { object, relatedObjects } = candidate;
  if (object instanceof KmsError) throw object;
  const related = await store.loadRelated([uid]);
  return { object, relatedObjects: new Map([...relatedObjects, ...related]) };
}
