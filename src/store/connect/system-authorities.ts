// The authorities that this host trusts, as sslrootcert=system asks for them. Node has a list of its own, in which a
// company's authority is missing.
import { existsSync, readFileSync } from 'node:fs';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Debian, Red Hat, SUSE, and Alpine and the BSDs keep them. */
const PLACES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Returns them in PEM, or null where the host has none, so that Node's own count. */
export function systemAuthorities(env: Environment): string | null {
  const found = systemAuthoritiesFile(env);
  return found === null ? null : readFileSync(found, 'utf8');
}

/** Returns the file that has them, if there is one. */
export function systemAuthoritiesFile(env: Environment): string | null {
  const named = env['SSL_CERT_FILE'];
  return [...(named ? [named] : []), ...PLACES].find((place) => existsSync(place)) ?? null;
}
