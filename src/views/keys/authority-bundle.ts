// The certificates of authorities that `kms key export --bundle` publishes: the current ones, and earlier ones as long as
// something below them is in use. flows/certificates/needed-authorities.ts decides that.
import { issuingRights } from '../../crypto/certificates/issuing-rights.js';
import { KmsError } from '../../errors.js';
import {
  certificateOf,
  type CertificateObject,
} from '../../flows/certificates/certificate-object.js';
import {
  exportCertificate,
  type ExportedCertificate,
} from '../../flows/certificates/export-certificate.js';
import { neededAuthorities } from '../../flows/certificates/needed-authorities.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { PublicationCause } from '../../rotation/published-generations.js';
import { readableOrThrow } from '../../rotation/related-objects.js';
import { loadByAddress } from '../../store/find/load-by-address.js';
import type { Store } from '../../store/store.js';
import { generationsOf, publicationsOf } from './published-keys.js';

type Reader = Pick<
  Store,
  'resolveUid' | 'load' | 'existingUids' | 'findActiveCertificates' | 'loadRelated'
>;

interface BundledCertificate extends ExportedCertificate {
  readonly because: PublicationCause;
}

export interface AuthorityBundle {
  readonly certificates: readonly BundledCertificate[];
  /** What is odd about them. */
  readonly warnings: readonly string[];
}

/**
 * Returns the certificates of authorities: those of the names in their order, of each the newest first, none twice.
 *
 * @throws KmsError UnknownUid, AmbiguousKeyset or MalformedObject; InvalidArgument for a name that is no authority;
 *   WrongState if nothing of a name is left to publish.
 */
export async function authorityBundle(
  store: Reader,
  names: readonly string[],
  now: EpochSeconds,
): Promise<AuthorityBundle> {
  const certificates = new Map<string, BundledCertificate>();
  const { found, warnings } = await certificatesInUse(store);
  for (const name of names) {
    const { object } = await loadByAddress(store, name);
    assertAuthority(readableOrThrow(object));
    const candidates = await generationsOf(store, readableOrThrow(object).uniqueIdentifier);
    const authorities = candidates.map((one) => readableOrThrow(one.object)).filter(isUsable);
    const needed = await neededAuthorities(authorities.map(certificateOf), found, now);
    const options = { now, verifies: (uid: string) => needed.has(uid) };
    const { published, warning } = publicationsOf(name, candidates, options);
    if (warning !== null) warnings.push(warning);
    for (const { candidate, because } of published) {
      const exported = exportCertificate(readableOrThrow(candidate.object));
      if (!certificates.has(exported.pem)) certificates.set(exported.pem, { ...exported, because });
    }
  }
  return { certificates: [...certificates.values()], warnings };
}

/** Returns the Active certificates, and those that they link to, upwards. */
async function certificatesInUse(
  store: Reader,
): Promise<{ readonly found: readonly CertificateObject[]; readonly warnings: string[] }> {
  const found = new Map<string, CertificateObject>();
  const warnings: string[] = [];
  for await (const page of store.findActiveCertificates({ tags: [] })) {
    for (const [uid, object] of await store.loadRelated(page.map(({ id }) => id))) {
      if (found.has(uid)) continue;
      const read = readCertificate(object);
      if (read instanceof KmsError) warnings.push(`${read.message}: nobody knows who issued it`);
      else if (read !== null) found.set(uid, read);
    }
  }
  return { found: [...found.values()], warnings };
}

function readCertificate(object: ManagedObject | KmsError): CertificateObject | KmsError | null {
  if (object instanceof KmsError) return object;
  if (object.objectType !== 'Certificate' || !isUsable(object)) return null;
  try {
    return certificateOf(object);
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}

function isUsable({ state }: ManagedObject): boolean {
  return state === 'PreActive' || state === 'Active' || state === 'Deactivated';
}

function assertAuthority(object: ManagedObject): void {
  const uid = object.uniqueIdentifier;
  if (object.objectType === 'Certificate') {
    if (!isUsable(object) || issuingRights(certificateOf(object).certificate).isAuthority) return;
  }
  throw new KmsError(
    'InvalidArgument',
    `${JSON.stringify(uid)} is no certificate of an authority`,
    {
      uid,
      hint: 'name the certificate of its issuer; kms key export --public --chain prints them all',
    },
  );
}
