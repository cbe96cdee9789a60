// Creates a certificate in a store without a server, for a pair of its own or for one in the store, and writes both in
// one transaction. flows/certificates/new-certificate-row.ts says what is in it.
import { generateKeyPair, wipePrivateKey } from '../crypto/keys/generate-key-pair.js';
import type { PairKind } from '../crypto/keys/pair-kind.js';
import { KmsError } from '../errors.js';
import { certificateOf } from '../flows/certificates/certificate-object.js';
import {
  assertCanBeCertified,
  newCertificateRow as newCertificateRow,
  type CertificateParts,
  type NewCertificate,
} from '../flows/certificates/new-certificate-row.js';
import { linkedToCertificate } from '../flows/certificates/recertify.js';
import type { Change } from '../flows/change.js';
import { createKeyPair } from '../flows/pairs/create-pair.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { decodeRow, type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { latestReplacementOf } from '../rotation/replacements.js';
import { publicUidOf, type RelatedObjects } from '../rotation/related-objects.js';
import { loadByAddress } from '../store/find/load-by-address.js';
import type { OwnRow } from '../store/own/our-tables.js';
import type { Store } from '../store/store.js';
import { createdLogRow, type Creator } from './created-log-row.js';
import { SYSTEM_TAGS } from '../kmip/vocabulary.js';

export interface CertificateRequest {
  readonly certificate: NewCertificate;
  /** The address of a private key in the store, or the kind and uid of a new one. */
  readonly key: string | { readonly kind: PairKind; readonly uid: string };
  /** The address of an authority's certificate in the store; null if it signs itself. */
  readonly issuer: string | null;
  readonly now: EpochSeconds;
}

export interface CreatedCertificate {
  readonly candidate: RotationCandidate;
  readonly object: ManagedObject;
  /** Whether it ends earlier than requested, because its issuer does. */
  readonly shortened: boolean;
}

/** How long a certificate is valid if the user does not say. */
export const DEFAULT_VALIDITY_SECONDS = 365 * 86_400;

/**
 * Creates a certificate and returns what was written.
 *
 * @throws KmsError UnknownUid, UidTaken, ConcurrentChange, or why it cannot be made.
 */
export async function createCertificate(
  store: Pick<Store, 'resolveUid' | 'load' | 'loadRelated' | 'existingUids' | 'apply'>,
  { certificate, key, issuer, now }: CertificateRequest,
  creator: Omit<Creator, 'now'>,
): Promise<CreatedCertificate> {
  const issuing = issuer === null ? null : await loaded(store, issuer);
  const pair =
    typeof key === 'string' ? await pairInStore(store, key) : await newPair(key, certificate);
  const relatedObjects: RelatedObjects = new Map([
    ...(issuing?.relatedObjects ?? []),
    ...pair.relatedObjects,
  ]);
  const authority =
    issuing === null ? null : certificateOf(latestReplacementOf(issuing.object, relatedObjects));
  const parts: CertificateParts = { ...pair, authority, relatedObjects, now };
  const { row, shortened } = await newCertificateRow(certificate, parts);
  const log = createdLogRow({ ...creator, now }, certificate);
  await write(store, certificate.uid, log, [
    created(
      row,
      SYSTEM_TAGS.Certificate,
      authority === null ? [] : [authority.object.uniqueIdentifier],
    ),
    ...pair.changes(certificate.uid),
  ]);
  const [candidate] = await store.load([certificate.uid]);
  if (candidate === undefined || candidate.object instanceof KmsError) {
    throw new TypeError('a certificate that was just created cannot be read');
  }
  return { candidate, object: candidate.object, shortened };
}

interface PairForCertificate {
  readonly privateKey: ManagedObject;
  readonly publicKey: ManagedObject;
  readonly relatedObjects: RelatedObjects;
  /** Returns the changes that link its rows to the certificate. */
  readonly changes: (certificateUid: string) => readonly Change[];
}

async function pairInStore(
  store: Pick<Store, 'resolveUid' | 'load' | 'loadRelated'>,
  address: string,
): Promise<PairForCertificate> {
  const { object: privateKey, relatedObjects } = await loaded(store, address);
  assertCanBeCertified(privateKey);
  const publicKey = relatedObjects.get(publicUidOf(privateKey));
  if (publicKey instanceof KmsError) throw publicKey;
  const uid = privateKey.uniqueIdentifier;
  if (publicKey === undefined) {
    throw new KmsError('UnsoundPair', `${JSON.stringify(uid)} has no public key in the store`, {
      uid,
      hint: 'repair the pair with the server that wrote it',
    });
  }
  const changes = (certificateUid: string) =>
    [privateKey, publicKey].map((object): Change => ({
      kind: 'replace',
      before: object.row,
      after: linkedToCertificate(object, certificateUid),
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
      created(linkedToCertificate(privateKey, certificateUid), SYSTEM_TAGS.PrivateKey),
      created(linkedToCertificate(publicKey, certificateUid), SYSTEM_TAGS.PublicKey),
    ];
    const relatedObjects = new Map(
      [privateKey, publicKey].map((object) => [object.uniqueIdentifier, object]),
    );
    return { privateKey, publicKey, relatedObjects, changes };
  } finally {
    wipePrivateKey(generated.privateKey);
  }
}

/** It replaces no object, so there are no tags and grants to carry over. */
function created(row: ObjectRow, systemTag: string, lockedUids: readonly string[] = []): Change {
  return { kind: 'create', row, systemTag, replacedUid: row.id, lockedUids };
}

async function write(
  store: Pick<Store, 'existingUids' | 'apply'>,
  uid: string,
  log: OwnRow,
  changes: readonly Change[],
): Promise<void> {
  const uids = changes.flatMap((change) => (change.kind === 'create' ? [change.row.id] : []));
  const [taken] = await store.existingUids(uids);
  if (taken !== undefined) {
    throw new KmsError('UidTaken', `an object ${JSON.stringify(taken)} already exists`, {
      uid: taken,
      hint: 'choose another uid, or leave it out for a random one',
    });
  }
  const { outcomes, error } = await store.apply([{ changes, rewrapping: null, ownRows: [log] }]);
  if (error !== null) throw error;
  const [outcome] = outcomes;
  if (outcome?.kind === 'written') return;
  if (outcome?.kind === 'failed') throw outcome.error;
  throw new KmsError(
    'ConcurrentChange',
    `the certificate ${JSON.stringify(uid)} was not written: its issuer or its key has changed meanwhile`,
    { uid, hint: 'try again' },
  );
}

async function loaded(
  store: Pick<Store, 'resolveUid' | 'load' | 'loadRelated'>,
  address: string,
): Promise<{ readonly object: ManagedObject; readonly relatedObjects: RelatedObjects }> {
  const { row, object, relatedObjects } = await loadByAddress(store, address);
  if (object instanceof KmsError) throw object;
  const more = await store.loadRelated([row.id]);
  return { object, relatedObjects: new Map([...relatedObjects, ...more]) };
}
