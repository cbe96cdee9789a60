// Certificates for people: what one says, and which end soon.
import type { CertificateView, ExpiringCertificate } from './certificate-view.js';
import { formatDistance } from '../../text/duration.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { tableBlocks } from '../../output/table.js';
import type { Column } from '../../output/table-layout.js';
import type { Terminal } from '../../output/terminal.js';
import { printable } from '../../text/printable.js';

/** Yields one line for each field of a certificate. */
export function* certificateDetails(
  view: CertificateView,
  now: EpochSeconds,
  { paint }: Terminal,
): Generator<string> {
  const lines: readonly (readonly [string, string | null])[] = [
    ['Subject', view.subject === '' ? '(none)' : view.subject],
    ['Issuer', view.issuer],
    ['Serial Number', view.serialNumber],
    ['Not Before', view.notBefore],
    ['Not After', `${view.notAfter} (${distance(view.notAfter, now)})`],
    ['Authority', view.isAuthority ? 'yes' : 'no'],
    ['Names', view.alternativeNames.length === 0 ? null : view.alternativeNames.join(', ')],
  ];
  for (const [label, value] of lines) {
    if (value !== null) yield `${paint.bold(label.padEnd(18))} ${printable(value)}`;
  }
}

/** Yields a table of certificates that end soon, then why others cannot be read. */
export function* expiringTable(
  certificates: readonly ExpiringCertificate[],
  now: EpochSeconds,
  terminal: Terminal,
): Generator<string> {
  const columns: readonly Column<ExpiringCertificate>[] = [
    { title: 'CERTIFICATE', value: ({ uid }) => uid },
    {
      title: 'ENDS',
      value: ({ notAfter }) => (notAfter === null ? null : distance(notAfter, now)),
      paint: (text) => terminal.paint.yellow(text),
    },
    { title: 'NOT AFTER', value: ({ notAfter }) => notAfter, weight: 4 },
    { title: 'SUBJECT', value: ({ subject }) => subject, weight: 3, least: 20 },
    { title: 'POLICY', value: ({ armed }) => (armed ? 'yes' : 'none'), weight: 2 },
    { title: 'OWNER', value: ({ owner }) => owner, weight: 1 },
  ];
  if (certificates.length > 0) yield* tableBlocks(columns, certificates, terminal);
  for (const { uid, error } of certificates) {
    if (error === null) continue;
    yield `${terminal.paint.red(printable(uid))}: ${printable(error.message)}`;
  }
}

function distance(instant: string, now: EpochSeconds): string {
  return formatDistance(Date.parse(instant) / 1000, now);
}
