// Certificates made and verified by openssl, which shares nothing with src: keys and chains of any kind with dates
// of the test's own, and what openssl says of others. No assertions here.
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptRsa } from './kept-rsa.js';
import { DAY, JANUARY } from './symmetric-keys.js';
import { temporaryFolder } from './temporary.js';

/** Arguments of `openssl genpkey`, by a name for each kind of key that OpenSSL 3.0 signs with. */
export const KEY_KINDS = {
  /** Kept: making one takes long. */
  rsa: [],
  P256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  P384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  P521: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  SECP256K1: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
  ed25519: ['-algorithm', 'ED25519'],
  ed448: ['-algorithm', 'ED448'],
} as const;
export type KeyKind = keyof typeof KEY_KINDS;

export interface MadeKey {
  readonly path: string;
  readonly key: KeyObject;
}

export interface MadeCertificate {
  readonly der: Buffer;
  readonly subject: string;
  readonly key: MadeKey;
}

export interface Wanted {
  /** As in `/CN=Root/O=Example`. */
  readonly subject: string;
  readonly key: MadeKey;
  /** Null for one that signs itself. */
  readonly issuer: MadeCertificate | null;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Lines of a configuration's section. */
  readonly extensions?: readonly string[];
  readonly arguments?: readonly string[];
  readonly serial?: string;
}

export function makeKey(kind: KeyKind): MadeKey {
  const path = join(temporaryFolder(), 'key.pem');
  if (kind === 'rsa') {
    writeFileSync(path, keptRsa('2048', 2).privateKey.export({ format: 'pem', type: 'pkcs8' }));
  } else {
    openssl('genpkey', ...KEY_KINDS[kind], '-out', path);
  }
  return { path, key: createPrivateKey(readFileSync(path)) };
}

/** Issues a certificate. */
export function makeCertificate(wanted: Wanted): MadeCertificate {
  const { subject, key, issuer, extensions = [] } = wanted;
  const folder = temporaryFolder();
  const path = (file: string) => join(folder, file);
  writeFileSync(path('index'), '');
  writeFileSync(path('index.attr'), 'unique_subject = no\n');
  writeFileSync(path('serial'), `${wanted.serial ?? '4fFB956593'}\n`);
  writeFileSync(path('config'), configuration(folder, extensions));
  const config = ['-config', path('config')];
  openssl('req', '-new', '-key', key.path, '-subj', subject, ...config, '-out', path('request'));
  const by = issuer === null ? ['-selfsign', '-keyfile', key.path] : caOf(issuer, path('ca.pem'));
  openssl(
    ...['ca', '-batch', '-notext', ...config, ...by, '-in', path('request'), '-out', path('pem')],
    ...['-startdate', asn1Time(wanted.notBefore), '-enddate', asn1Time(wanted.notAfter)],
    ...(wanted.arguments ?? []),
  );
  return { der: derOf(readFileSync(path('pem'), 'utf8')), subject, key };
}

/** Issues a certificate on P-256 that is valid for a year from January on, unless told otherwise. */
export function issued(
  subject: string,
  issuer: MadeCertificate | null,
  changes: Partial<Wanted> = {},
): MadeCertificate {
  return makeCertificate({
    subject: `/CN=${subject}`,
    key: changes.key ?? makeKey('P256'),
    issuer,
    notBefore: JANUARY,
    notAfter: JANUARY + 365 * DAY,
    ...changes,
  });
}

export interface Chain {
  readonly root: Buffer;
  readonly between?: readonly Buffer[];
  /** Seconds. */
  readonly at: number;
  /** Whether to insist on all of RFC 5280. */
  readonly strict?: boolean;
}

/** What `openssl verify` says of a certificate under a root, in a word; `ok` if all is well. */
export function opensslVerify(
  certificate: Buffer,
  { root, between = [], at, strict = false }: Chain,
): string {
  const folder = temporaryFolder();
  const file = (name: string, certificates: readonly Buffer[]) => {
    const path = join(folder, name);
    writeFileSync(path, certificates.map(toPem).join(''));
    return path;
  };
  const untrusted = between.length === 0 ? [] : ['-untrusted', file('between', between)];
  const { status, stdout, stderr } = spawnSync(
    'openssl',
    [
      ...[
        'verify',
        ...(strict ? ['-x509_strict'] : []),
        '-attime',
        String(at),
        '-CAfile',
        file('root', [root]),
      ],
      ...[...untrusted, file('certificate', [certificate])],
    ],
    { encoding: 'utf8' },
  );
  return status === 0 ? 'ok' : `${stdout}${stderr}`;
}

/** Returns the lines in which `openssl x509 -text` of two certificates differs: those of one, then of the other. */
export function textDifferences(
  one: Buffer,
  other: Buffer,
): readonly (readonly [string, string])[] {
  const [lines, others] = [one, other].map(partsOf);
  const names = [...new Set([...lines!.keys(), ...others!.keys()])];
  return names
    .filter((name) => lines!.get(name) !== others!.get(name))
    .map((name) => [name, others!.get(name) ?? '(none)'] as const);
}

/** What `openssl x509 -text` says, by the heading that each line stands under. */
function partsOf(certificate: Buffer): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  let heading = '';
  for (const line of certificateText(certificate).split('\n')) {
    const [, name, value] = /^ {4,12}(\S[^:]*?) *:(.*)$/.exec(line) ?? [];
    if (name !== undefined && !/^[0-9a-f]{2}$/.test(name)) heading = name;
    const text = name === undefined || heading !== name ? line.trim() : (value ?? '').trim();
    parts.set(heading, `${parts.get(heading) ?? ''}${text}`);
  }
  return parts;
}

export function certificateText(certificate: Buffer): string {
  const input = toPem(certificate);
  return execFileSync('openssl', ['x509', '-noout', '-text'], { input, encoding: 'utf8' });
}

function toPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trim();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function caOf(issuer: MadeCertificate, path: string): readonly string[] {
  writeFileSync(path, toPem(issuer.der));
  return ['-cert', path, '-keyfile', issuer.key.path];
}

function configuration(folder: string, extensions: readonly string[]): string {
  return `[ca]
default_ca = here
[here]
database = ${folder}/index
serial = ${folder}/serial
new_certs_dir = ${folder}
policy = any
default_md = default
${extensions.length === 0 ? '' : 'x509_extensions = wanted'}
[any]
commonName = optional
organizationName = optional
countryName = optional
[req]
distinguished_name = none
[none]
[wanted]
${extensions.join('\n')}
`;
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
}

function asn1Time(instant: number): string {
  return new Date(instant * 1000).toISOString().replace(/[-:T]|\.000/g, '');
}

function openssl(...argv: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${argv.join(' ')}: ${stderr}`);
}
