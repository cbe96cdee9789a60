// Everything that reads what others have written, each with sound samples to be damaged: rows, TTLV, keys, certificates,
// settings, policies, URLs. Each must refuse what it cannot use with an error of its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { invalidNamesIn } from '../../src/crypto/certificates/alternative-names.js';
import { parseCertificate } from '../../src/crypto/certificates/certificate.js';
import { authorityKeyIdentifierOf } from '../../src/crypto/certificates/key-identifiers.js';
import { issuingRights } from '../../src/crypto/certificates/issuing-rights.js';
import { readPkcs12 } from '../../src/crypto/certificates/pkcs12.js';
import { parseSignatureAlgorithm } from '../../src/crypto/certificates/signature-algorithm.js';
import { verifyingKeyIn } from '../../src/crypto/certificates/signing-key.js';
import { readDer } from '../../src/crypto/der.js';
import { generateKeyPair } from '../../src/crypto/keys/generate-key-pair.js';
import { privateKeyObject, publicKeyObject } from '../../src/crypto/keys/key-object.js';
import type { PairKind } from '../../src/crypto/keys/pair-kind.js';
import { parsePrivateKey } from '../../src/crypto/keys/parse-key.js';
import { certificateBytes } from '../../src/kmip/certificate-value.js';
import { decodeKeyMaterial } from '../../src/kmip/key-material.js';
import { decodeRow, type ObjectRow } from '../../src/kmip/managed-object.js';
import { decodeKeyValueMaterial, encodeKeyValue } from '../../src/kmip/ttlv/ttlv.js';
import { readPolicyFile } from '../../src/policies/policy-file.js';
import { evaluate } from '../../src/rotation/eligibility.js';
import { mergeCrontab } from '../../src/schedule/merge-crontab.js';
import { loadConfig } from '../../src/settings/config.js';
import { redactedUrl } from '../../src/store/connect/url/redacted-url.js';
import { readDatabaseUrl } from '../../src/store/connect/url/database-url.js';
import { parseDuration } from '../../src/text/duration.js';
import { aCandidate } from '../support/candidates.js';
import { certificateIn } from '../support/certificate-rows.js';
import { aCertificate } from '../support/dated-certificates.js';
import { aKeyPair, P256 } from '../support/pairs.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

export interface Parser {
  readonly name: string;
  readonly samples: readonly Buffer[];
  readonly parse: (bytes: Buffer) => unknown;
}

const RSA: PairKind = {
  kind: 'rsa',
  modulusBits: 1024,
  publicExponent: 65_537,
  cryptographicAlgorithm: 'RSA',
};

export async function parsers(): Promise<readonly Parser[]> {
  const pairs = [await aKeyPair({}, P256), await aKeyPair({}, RSA)];
  const rows = [
    aSymmetricKey({ uid: 'aes', keyset: true, intervalSeconds: DAY }),
    aCertificate(),
    ...pairs.flatMap(({ privateKey, publicKey }) => [privateKey.row, publicKey.row]),
  ];
  const certificates = [certificateIn(aCertificate())];
  return [
    { name: 'rows', samples: rows.map(packed), parse: readRow },
    ...(await keyParsers(pairs.map(({ generated }) => generated.privateKey))),
    { name: 'DER', samples: certificates, parse: readDer },
    { name: 'certificates', samples: certificates, parse: readCertificate },
    { name: 'PKCS#12', samples: certificates, parse: (bytes) => readPkcs12(bytes, 'password') },
    ...textParsers(),
  ];
}

/** Both texts of a row in one buffer. */
function packed({ object, attributes }: ObjectRow): Buffer {
  return Buffer.from(`${object}\n${attributes}`);
}

function unpacked(bytes: Buffer): ObjectRow {
  const text = bytes.toString('utf8');
  const end = text.indexOf('\n');
  const [object, attributes] = [text.slice(0, end), text.slice(end + 1)];
  return { ...aSymmetricKey({ uid: 'damaged' }), object, attributes };
}

/** All that a run reads of a row before it rotates the object. */
function readRow(bytes: Buffer): void {
  const row = unpacked(bytes);
  const options = { now: JANUARY, withinSeconds: DAY, firstDeadline: 'offset' } as const;
  evaluate(aCandidate(row), options, null);
  const object = decodeRow(row);
  const { objectType, keyBlock } = object;
  if (objectType === 'Certificate') readCertificate(certificateBytes(object));
  const keyMaterial = keyBlock?.keyMaterial ?? null;
  if (keyBlock === null || keyMaterial === null) return;
  const { keyFormatType, cryptographicAlgorithm: algorithm } = keyBlock;
  const material = decodeKeyMaterial(keyFormatType, keyMaterial, 'object');
  if (objectType === 'PrivateKey') privateKeyObject(algorithm, keyFormatType, material);
  if (objectType === 'PublicKey') publicKeyObject(algorithm, keyFormatType, material);
}

function readCertificate(bytes: Buffer): void {
  const certificate = parseCertificate(bytes);
  invalidNamesIn(certificate);
  issuingRights(certificate);
  authorityKeyIdentifierOf(certificate);
  parseSignatureAlgorithm(certificate.signatureAlgorithm);
  verifyingKeyIn(certificate.publicKeyInfo);
}

type PrivateKeys = readonly Awaited<ReturnType<typeof generateKeyPair>>['privateKey'][];

async function keyParsers(privateKeys: PrivateKeys): Promise<readonly Parser[]> {
  const der = await Promise.all(
    [P256, RSA].map(async (kind) => {
      const { privateKey } = await generateKeyPair(kind);
      const key = privateKeyObject(null, privateKey.keyFormatType, privateKey.material);
      return key.export({ format: 'der', type: 'pkcs8' });
    }),
  );
  return [
    { name: 'PKCS#8', samples: der, parse: (bytes) => parsePrivateKey('a key', bytes, 'pkcs8') },
    ...privateKeys.map(({ keyFormatType, material }): Parser => ({
      name: `TTLV of ${keyFormatType}`,
      samples: [encodeKeyValue(keyFormatType, material, null)],
      parse: (bytes) => decodeKeyValueMaterial(keyFormatType, bytes),
    })),
  ];
}

function textParsers(): readonly Parser[] {
  const folder = temporaryFolder();
  const asFile = (name: string, bytes: Buffer) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  return [
    {
      name: 'kms.toml',
      samples: [Buffer.from(SETTINGS)],
      parse: (bytes) =>
        loadConfig({ flags: { config: asFile('kms.toml', bytes) }, env: {}, cwd: folder }),
    },
    {
      name: 'policy files',
      samples: [Buffer.from(POLICY)],
      parse: (bytes) => readPolicyFile(asFile('policy.toml', bytes)),
    },
    {
      name: 'database URLs',
      samples: URLS.map((url) => Buffer.from(url)),
      parse: (bytes) => {
        const read = readDatabaseUrl(bytes.toString('utf8'));
        if (read.kind !== 'mistake') redactedUrl(read.url);
      },
    },
    {
      name: 'durations',
      samples: ['30s', '10m', '1y', '8w'].map((text) => Buffer.from(text)),
      parse: (bytes) => parseDuration(bytes.toString('utf8')),
    },
    {
      name: 'crontabs',
      samples: [Buffer.from(CRONTAB)],
      parse: (bytes) => mergeCrontab(bytes.toString('utf8'), 'kms', ['0 * * * * kms rotate due']),
    },
  ];
}

const SETTINGS = `[database]
url = "postgres://kms@db/kms"

[rotation]
first_deadline = "offset"
with_certificates = false

[warnings]
before_days = [30, 7, 1]

[notify.smtp]
host = "mail.example.org"
from = "kms@example.org"
to = ["ops@example.org"]

[[notify.webhook]]
url = "https://example.org/hook"

[hooks]
on_rotated = ["/etc/kms/rotated", "argument"]
`;

const POLICY = `[[rule]]
tag = ["env:prod"]
type = "SymmetricKey"
interval = "30d"
offset = "1d"

[[rule]]
uid = "kek-*"
interval = "1y"
automatic = false
`;

const URLS = [
  'postgres://kms:secret@db.example.org:5432,[::1]:5433/kms?sslmode=verify-full&sslrootcert=/ca.pem',
  'mysql://kms:secret@db/kms?ssl-mode=REQUIRED&connect_timeout=10',
  'sqlite:/var/lib/kms/kms.db',
  './kms.db',
];

const CRONTAB = `MAILTO=ops@example.org
# kms: begin
*/15 * * * * kms rotate due
# kms: end
`;
