// What a certificate says, for people and for JSON: whose it is, by whom, from when to when; and which Active ones
// end soon. X.509 names are read by a package that is loaded only here.
import { alternativeNames, nameText } from './crypto/certificate-names.js';
import { issuingRights } from './crypto/certificate-extensions.js';
import { KmsError } from './errors.js';
import { certificateOf } from './flows/certificate-object.js';
import { formatInstant, type EpochSeconds } from './kmip/date-time.js';
import type { ManagedObject } from './kmip/managed-object.js';
import { errorJson, type ErrorJson } from './report.js';
import { compareUids } from './rotation/plan.js';
import type { Subject } from './rotation/subject.js';
import { passes, type SurveyFilters } from './survey.js';
import type { Store } from './store/open.js';

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
    subject: await nameText(certificate.subject),
    issuer: await nameText(certificate.issuer),
    serialNumber: certificate.serial.toString('hex'),
    notBefore: formatInstant(certificate.notBefore),
    notAfter: formatInstant(certificate.notAfter),
    isAuthority: issuingRights(certificate).isAuthority,
    alternativeNames: await alternativeNames(certificate),
  };
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

const DAY_SECONDS = 86_400;

/** Returns the Active certificates that end until then, or have ended, the first to end first; unreadable ones before. */
export async function expiringCertificates(
  store: Store,
  { now, withinSeconds }: { readonly now: EpochSeconds; readonly withinSeconds: number },
  filters: SurveyFilters,
): Promise<readonly ExpiringCertificate[]> {
  const found: { readonly end: EpochSeconds; readonly item: ExpiringCertificate }[] = [];
  for await (const page of store.findActiveCertificates(filters)) {
    const uids = page.filter((candidate) => passes(candidate, filters)).map(({ id }) => id);
    for (const subject of await store.load(uids)) {
      const end = endOf(subject.object);
      if (end instanceof KmsError) found.push({ end: -Infinity, item: unreadable(subject, end) });
      else if (end <= now + withinSeconds) {
        found.push({ end, item: await expiring(subject, end, now) });
      }
    }
  }
  found.sort((a, b) => a.end - b.end || compareUids(a.item.uid, b.item.uid));
  return found.map(({ item }) => item);
}

function endOf(object: Subject['object']): EpochSeconds | KmsError {
  if (object instanceof KmsError) return object;
  try {
    return certificateOf(object).certificate.notAfter;
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}

async function expiring(
  { row, object }: Subject,
  end: EpochSeconds,
  now: EpochSeconds,
): Promise<ExpiringCertificate> {
  if (object instanceof KmsError) throw object;
  const { attributes } = object;
  const { certificate } = certificateOf(object);
  return {
    uid: row.id,
    owner: row.owner,
    subject: await nameText(certificate.subject),
    issuer: await nameText(certificate.issuer),
    notAfter: formatInstant(end),
    // Zero, not minus zero.
    daysLeft: Math.ceil((end - now) / DAY_SECONDS) + 0,
    armed: (attributes.rotateInterval ?? 0) > 0 && attributes.rotateAutomatic !== false,
    error: null,
  };
}

function unreadable({ row }: Subject, error: KmsError): ExpiringCertificate {
  const nothing = { subject: null, issuer: null, notAfter: null, daysLeft: null, armed: false };
  return { uid: row.id, owner: row.owner, ...nothing, error: errorJson(error) };
}
