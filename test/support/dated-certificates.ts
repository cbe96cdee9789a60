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

function certificateDer(notBefore: number, notAfter: number): Buffer {
  template ??= new X509Certificate(readFileSync(makeAuthority('any').cert)).raw;
  const times = [notBefore, notAfter].map(utcTime);
  const patched = template.toString('latin1').replace(UTC_TIME, () => times.shift() ?? '');
  return Buffer.from(patched, 'latin1');
}

export function aCertificate(
  changes: Partial<ObjectRow> & {
    readonly notBefore?: number;
    readonly notAfter?: number;
    readonly members?: Record<string, unknown>;
  } = {},
): ObjectRow {
  const { notBefore = JANUARY, notAfter = JANUARY + 60 * DAY, members = {}, ...row } = changes;
  const bytes = [...certificateDer(notBefore, notAfter)];
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
