// Rows of certificates that are valid from and until when a test says; nobody's signature is on them any more. No
// assertions here.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { makeAuthority } from './certificates.js';
import { DAY, JANUARY } from './symmetric-keys.js';

let template: Buffer | null = null;

/** UTCTime (X.680 §47), behind its tag and its length. */
const UTC_TIME = /\d{12}Z/g;

/** Of one letter, so that another name has the same length. */
const NAME = 'A';

/** What comes before a common name of one letter: its object identifier, as UTF8String, its tag and length. */
const COMMON_NAME = Buffer.from('06035504030c01', 'hex').toString('latin1');

function certificateDer(notBefore: number, notAfter: number, names: readonly string[]): Buffer {
  template ??= new X509Certificate(readFileSync(makeAuthority(NAME).cert)).raw;
  const times = [notBefore, notAfter].map(utcTime);
  const left = [...names];
  const patched = template
    .toString('latin1')
    .replace(UTC_TIME, () => times.shift() ?? '')
    .replaceAll(COMMON_NAME + NAME, () => COMMON_NAME + (left.shift() ?? NAME));
  return Buffer.from(patched, 'latin1');
}

export function aCertificate(
  changes: Partial<ObjectRow> & {
    readonly notBefore?: number;
    readonly notAfter?: number;
    /** Common names of one letter, the issuer's first. */
    readonly names?: readonly [string, string];
    readonly members?: Record<string, unknown>;
  } = {},
): ObjectRow {
  const { notBefore = JANUARY, notAfter = JANUARY + 60 * DAY, names = [], ...others } = changes;
  const { members = {}, ...row } = others;
  const bytes = [...certificateDer(notBefore, notAfter, names)];
  return {
    id: 'cert-1',
    object: JSON.stringify({ Certificate: { CertificateType: 'X509', CertificateValue: bytes } }),
    attributes: JSON.stringify({ ObjectType: 'Certificate', State: 'Active', ...members }),
    state: 'Active',
    owner: 'ops@example.org',
    wrappingKeyId: null,
    ...row,
  };
}

function utcTime(instant: number): string {
  const text = new Date(instant * 1000).toISOString().replace(/[-:T]/g, '');
  return `${text.slice(2, 14)}Z`;
}
