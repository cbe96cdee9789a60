// What a certificate says, for people and for JSON: its subject, issuer and validity; and which Active ones end soon.
// Only this view loads the package that reads X.509 names.
import { certificateOrError } from '../../survey/certificate-validity.js';
import type { Certificate } from '../../crypto/certificates/certificate.js';
import { formatAlternativeNames } from '../../crypto/certificates/alternative-names.js';
import { formatName } from '../../crypto/certificates/distinguished-name.js';
import { issuingRights } from '../../crypto/certificates/issuing-rights.js';
import { KmsError } from '../../errors.js';
import { certificateOf } from '../../flows/certificates/certificate-object.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { errorJson, type ErrorJson } from '../../report/error-json.js';
import { compareUids } from '../../rotation/plan.js';
import { daysUntil } from '../../rotation/warning.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { activeCertificates } from '../../survey/survey.js';
import type { Store } from '../../store/store.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';

export interface CertificateView {
  /** As RFC 4514 writes it. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly isAuthority: boolean;
  /** As in `DNS:www.example.org`. */
  readonly alternativeNames: readonly string[];
}

/** Returns what a certificate's bytes say. @throws KmsError MalformedObject or Unsupported. */
export async function certificateView(object: ManagedObject): Promise<CertificateView> {
  const { certificate } = certificateOf(object);
  return {
    subject: await formatName(certificate.subject),
    issuer: await formatName(certificate.issuer),
    serialNumber: certificate.serial.toString('hex'),
    notBefore: formatInstant(certificate.notBefore),
    notAfter: formatInstant(certificate.notAfter),
    isAuthority: issuingRights(certificate).isAuthority,
    alternativeNames: await formatAlternativeNames(certificate),
  };
}

/** Returns what an object's certificate says, or why it cannot be read; both null if it is no certificate. */
export async function certificateIn(
  object: ManagedObject | KmsError,
): Promise<{ readonly certificate: CertificateView | null; readonly error: KmsError | null }> {
  if (object instanceof KmsError || object.objectType !== 'Certificate') {
    return { certificate: null, error: null };
  }
  try {
    return { certificate: await certificateView(object), error: null };
  } catch (error) {
    if (error instanceof KmsError) return { certificate: null, error };
    throw error;
  }
}

export interface ExpiringCertificate {
  readonly uid: string;
  readonly owner: string | null;
  /** Null, like the rest, of one that cannot be read. */
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly notAfter: string | null;
  /** Rounded up; 0 or less once it has ended. */
  readonly daysLeft: number | null;
  /** Whether a rotation policy renews it. */
  readonly armed: boolean;
  readonly error: ErrorJson | null;
}

/**
 * Returns the Active certificates that end until then, or have ended, the first to end first; unreadable ones before.
 */
export async function expiringCertificates(
  store: Pick<Store, 'findActiveCertificates' | 'load'>,
  { now, withinSeconds }: { readonly now: EpochSeconds; readonly withinSeconds: number },
  filters: SurveyFilters,
): Promise<readonly ExpiringCertificate[]> {
  const found: { readonly end: EpochSeconds; readonly item: ExpiringCertificate }[] = [];
  for await (const subject of activeCertificates(store, filters)) {
    const certificate = certificateOrError(subject.object);
    if (certificate instanceof KmsError) {
      found.push({ end: -Infinity, item: unreadable(subject, certificate) });
    } else if (certificate.notAfter <= now + withinSeconds) {
      found.push({ end: certificate.notAfter, item: await expiring(subject, certificate, now) });
    }
  }
  found.sort((a, b) => a.end - b.end || compareUids(a.item.uid, b.item.uid));
  return found.map(({ item }) => item);
}

async function expiring(
  { row, object }: RotationCandidate,
  certificate: Certificate,
  now: EpochSeconds,
): Promise<ExpiringCertificate> {
  if (object instanceof KmsError) throw object;
  const { attributes } = object;
  return {
    uid: row.id,
    owner: row.owner,
    subject: await formatName(certificate.subject),
    issuer: await formatName(certificate.issuer),
    notAfter: formatInstant(certificate.notAfter),
    daysLeft: daysUntil(certificate.notAfter - now),
    armed: (attributes.rotateInterval ?? 0) > 0 && attributes.rotateAutomatic !== false,
    error: null,
  };
}

function unreadable({ row }: RotationCandidate, error: KmsError): ExpiringCertificate {
  const nothing = { subject: null, issuer: null, notAfter: null, daysLeft: null, armed: false };
  return { uid: row.id, owner: row.owner, ...nothing, error: errorJson(error) };
}
