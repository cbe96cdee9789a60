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
  /** Signs a certificate for a common name. */
  sign(commonName: string, options?: CertificateOptions): Certificate;
}

export interface CertificateOptions {
  /** As in `DNS:localhost`. */
  readonly names?: string;
  readonly days?: number;
  readonly digest?: string;
  /** As openssl req makes it. */
  readonly newKey?: readonly string[];
  /** As openssl names and writes it. */
  readonly extension?: string;
}

const EC_KEY = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** @param extension of the authority's certificate, beside those that every authority has */
export function makeAuthority(name: string, extension?: string): Authority {
  const folder = temporaryFolder();
  const path = (file: string) => join(folder, file);
  const [cert, key] = [path('ca.pem'), path('ca.key')];
  const added = extension === undefined ? [] : ['-addext', extension];
  const own = ['-keyout', key, '-out', cert, '-subj', `/CN=${name}`, ...added];
  openssl('req', '-x509', '-nodes', '-newkey', ...EC_KEY, ...own);
  let signed = 0;
  return {
    cert,
    key,
    sign: (commonName, options = {}) => {
      const { names = `DNS:${commonName}`, days = 2, digest = 'sha256', newKey = EC_KEY } = options;
      signed += 1;
      const [request, made] = [path('request.pem'), path(`${signed}.pem`)];
      const madeKey = path(`${signed}.key`);
      const extensions = [`subjectAltName=${names}`, options.extension ?? []].flat();
      const subject = [
        '-subj',
        `/CN=${commonName}`,
        ...extensions.flatMap((one) => ['-addext', one]),
      ];
      const requested = ['-keyout', madeKey, '-out', request, ...subject];
      openssl('req', '-new', '-nodes', '-newkey', ...newKey, ...requested);
      const by = ['-CA', cert, '-CAkey', key, '-copy_extensions', 'copyall', `-${digest}`];
      openssl('x509', '-req', '-in', request, ...by, '-days', String(days), '-out', made);
      return { cert: made, key: madeKey };
    },
  };
}

function openssl(...argv: readonly string[]): void {
  execFileSync('openssl', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
}
