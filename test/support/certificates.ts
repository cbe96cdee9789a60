// Certificates for tests of TLS, made on the spot by openssl: an authority, and what it signs.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from './temporary.js';

/** Paths of PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** Signs a certificate for a common name; `names` as in `DNS:localhost`. */
  sign(commonName: string, options?: { names?: string; days?: number }): Certificate;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function makeAuthority(name: string): Authority {
  const folder = temporaryFolder();
  const path = (file: string) => join(folder, file);
  const [cert, key] = [path('ca.pem'), path('ca.key')];
  openssl('req', '-x509', ...NEW_KEY, '-keyout', key, '-out', cert, '-subj', `/CN=${name}`);
  let signed = 0;
  return {
    cert,
    key,
    sign: (commonName, { names = `DNS:${commonName}`, days = 2 } = {}) => {
      signed += 1;
      const [request, made] = [path('request.pem'), path(`${signed}.pem`)];
      const madeKey = path(`${signed}.key`);
      const subject = ['-subj', `/CN=${commonName}`, '-addext', `subjectAltName=${names}`];
      openssl('req', '-new', ...NEW_KEY, '-keyout', madeKey, '-out', request, ...subject);
      const by = ['-CA', cert, '-CAkey', key, '-copy_extensions', 'copyall'];
      openssl('x509', '-req', '-in', request, ...by, '-days', String(days), '-out', made);
      return { cert: made, key: madeKey };
    },
  };
}

function openssl(...argv: readonly string[]): void {
  execFileSync('openssl', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
}
