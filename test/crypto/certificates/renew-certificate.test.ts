// Renewed certificates, checked by openssl: it accepts every chain that it accepted before, and only what must differ
// differs in its output.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { subjectKeyIdentifierOf } from '../../../src/crypto/certificates/key-identifiers.js';
import { issueCertificate, VERSION_3 } from '../../../src/crypto/certificates/issue-certificate.js';
import {
  renewCertificate,
  type RenewedCertificate,
} from '../../../src/crypto/certificates/renew-certificate.js';
import { parseCertificate } from '../../../src/crypto/certificates/certificate.js';
import { der, DER } from '../../../src/crypto/der.js';
import { generateKeyPair } from '../../../src/crypto/keys/generate-key-pair.js';
import { signingKeyOf } from '../../../src/crypto/certificates/signing-key.js';
import { LAST_INSTANT } from '../../../src/kmip/date-time.js';
import { needNodeWithOpenssl35, verifiedByOpenssl } from '../../support/openssl-35.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';
import {
  certificateText,
  KEY_KINDS,
  makeCertificate,
  makeKey,
  textDifferences,
  opensslVerify,
  type KeyKind,
  type MadeCertificate,
  type MadeKey,
  type Wanted,
} from '../../support/x509.js';

const NOW = JANUARY + 40 * DAY;

const ROOT = [
  'basicConstraints = critical, CA:TRUE, pathlen:1',
  'keyUsage = critical, keyCertSign, cRLSign',
  'subjectKeyIdentifier = hash',
];

/** Every extension that openssl can create by name, and an unknown one. */
const LEAF = [
  'basicConstraints = critical, CA:FALSE',
  'keyUsage = critical, digitalSignature, keyEncipherment',
  'extendedKeyUsage = serverAuth, clientAuth',
  'subjectAltName = DNS:www.example.org, IP:192.0.2.7, email:ops@example.org, URI:spiffe://example/x',
  'subjectKeyIdentifier = hash',
  'authorityKeyIdentifier = keyid:always, issuer:always',
  'certificatePolicies = 1.2.3.4, 2.23.140.1.2.1',
  'crlDistributionPoints = URI:http://crl.example.org/ca.crl',
  'authorityInfoAccess = OCSP;URI:http://ocsp.example.org, caIssuers;URI:http://ca.example.org',
  'tlsfeature = status_request',
  '1.2.3.4.5 = ASN1:UTF8String:of our own',
];

const keys = new Map<string, MadeKey>();

/** Keys are made once, since openssl is slow; each certificate is new. */
const keyOf = (kind: KeyKind, whose = 'root'): MadeKey => {
  const name = `${whose} ${kind}`;
  const key = keys.get(name) ?? makeKey(kind);
  keys.set(name, key);
  return key;
};

const self = (key: KeyKind, changes: Partial<Wanted> = {}) =>
  makeCertificate({
    subject: '/CN=Example Root/O=Example',
    key: keyOf(key),
    issuer: null,
    notBefore: JANUARY,
    notAfter: JANUARY + 3650 * DAY,
    extensions: ROOT,
    ...changes,
  });

const under = (issuer: MadeCertificate, changes: Partial<Wanted> = {}) =>
  makeCertificate({
    subject: '/CN=www.example.org',
    key: keyOf('P256', 'leaf'),
    issuer,
    notBefore: JANUARY,
    notAfter: JANUARY + 60 * DAY,
    extensions: LEAF,
    ...changes,
  });

const renewed = (
  made: MadeCertificate,
  issuer: MadeCertificate | null,
): Promise<RenewedCertificate> =>
  renewCertificate({
    replaced: parseCertificate(made.der),
    issuer: issuer === null ? null : parseCertificate(issuer.der),
    key: { kind: 'node', key: (issuer ?? made).key.key },
    publicKeyInfo: null,
    now: NOW,
  });

const MUST_DIFFER = ['Not After', 'Not Before', 'Serial Number', 'Signature Value'];

const differing = (one: Buffer, other: Buffer) =>
  textDifferences(one, other)
    .map(([name]) => name)
    .sort();

describe('renewCertificate', () => {
  for (const kind of Object.keys(KEY_KINDS) as KeyKind[]) {
    it(`renews certificates signed with a key of type ${kind}, self-signed and others`, async () => {
      const root = self(kind);
      const leaf = under(root);
      const newRoot = await renewed(root, null);
      const newLeaf = await renewed(leaf, root);
      assert.deepEqual(differing(root.der, newRoot.bytes), MUST_DIFFER);
      assert.deepEqual(differing(leaf.der, newLeaf.bytes), MUST_DIFFER);
      for (const [certificate, under] of [
        [root.der, root.der],
        [leaf.der, root.der],
        [newLeaf.bytes, root.der],
        [newRoot.bytes, newRoot.bytes],
      ] as const) {
        assert.equal(opensslVerify(certificate, { root: under, at: NOW, strict: true }), 'ok');
      }
      const { notBefore, notAfter } = parseCertificate(newLeaf.bytes);
      assert.deepEqual([notBefore, notAfter - notBefore], [NOW, 60 * DAY]);
    });
  }

  it('signs with RSA-PSS if the replaced one was, with the same hash and salt', async () => {
    const pss = '-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48 -md sha384'.split(' ');
    const root = self('rsa', { arguments: pss });
    const { bytes } = await renewed(root, null);
    const { signatureAlgorithm } = parseCertificate(root.der);
    assert.ok(parseCertificate(bytes).signatureAlgorithm.equals(signatureAlgorithm));
    // openssl prints the signature value below its parameters, the last of which is the trailer.
    const under = [...MUST_DIFFER.slice(0, -1), 'Trailer Field'];
    assert.deepEqual(differing(root.der, bytes), under);
    assert.equal(opensslVerify(bytes, { root: bytes, at: NOW }), 'ok');
  });

  it('signs with SHA-256 what was signed with SHA-1, and says so', async () => {
    const root = self('rsa', { arguments: ['-md', 'sha1'] });
    const { bytes, strengthened } = await renewed(root, null);
    assert.equal(strengthened, true);
    assert.deepEqual(differing(root.der, bytes), [...MUST_DIFFER, 'Signature Algorithm'].sort());
    assert.equal(opensslVerify(bytes, { root: bytes, at: NOW }), 'ok');
  });

  it('signs with the default algorithm if the issuer’s key is now of another type', async () => {
    const leaf = under(self('P384', { arguments: ['-md', 'sha512'] }));
    for (const [kind, algorithm] of [
      ['rsa', 'sha256WithRSAEncryption'],
      ['P521', 'ecdsa-with-SHA512'],
      ['ed25519', 'ED25519'],
    ] as const) {
      const issuer = self(kind);
      const { bytes } = await renewed(leaf, issuer);
      const changes = new Map(textDifferences(leaf.der, bytes));
      if (kind !== 'P521')
        assert.match(changes.get('Signature Algorithm') ?? '', new RegExp(algorithm));
      // The new key is named instead of the old one, by identifier and by serial.
      assert.ok(changes.has('X509v3 Authority Key Identifier') || changes.has('X509v3 extensions'));
      assert.equal(opensslVerify(bytes, { root: issuer.der, at: NOW, strict: true }), 'ok');
    }
  });

  it('never ends after its issuer, and says if it ends earlier for that reason', async () => {
    const root = self('P256', { notAfter: NOW + 10 * DAY });
    const leaf = under(root);
    const cut = await renewed(leaf, root);
    assert.equal(cut.shortened, true);
    assert.equal(parseCertificate(cut.bytes).notAfter, NOW + 10 * DAY);
    const whole = await renewed(under(self('P256')), self('P256', { key: makeKey('P256') }));
    assert.equal(whole.shortened, false);
  });

  it('writes dates from 2050 on with four-digit years, and keeps a missing end (RFC 5280 §4.1.2.5)', async () => {
    for (const [notAfter, expected] of [
      [Date.UTC(2050, 0, 1) / 1000, /Not After *: Feb 10 /],
      [LAST_INSTANT, /Not After *: Dec 31 23:59:59 9999 GMT/],
    ] as const) {
      const root = self('P256', { notAfter });
      const { bytes } = await renewed(root, null);
      assert.match(certificateText(bytes), expected);
      assert.equal(opensslVerify(bytes, { root: bytes, at: NOW, strict: true }), 'ok');
    }
  });

  it('gives each renewal a new positive serial of 20 random bytes (RFC 5280 §4.1.2.2)', async () => {
    const root = self('P256', { serial: '00' });
    const serials = [await renewed(root, null), await renewed(root, null)].map(({ bytes }) =>
      parseCertificate(bytes).serial.toString('hex'),
    );
    assert.notEqual(serials[0], serials[1]);
    for (const serial of serials) assert.match(serial, /^[4-7][0-9a-f]{39}$/);
  });

  it('renews a certificate of version 1, which has no extensions', async () => {
    const root = self('P256', { extensions: [] });
    const { bytes } = await renewed(root, null);
    assert.deepEqual(differing(root.der, bytes), MUST_DIFFER);
    assert.equal(opensslVerify(bytes, { root: bytes, at: NOW }), 'ok');
  });

  it('refuses to sign with a key that is not the issuer’s', async () => {
    const root = self('P256');
    const other = makeKey('P256');
    await assert.rejects(renewed({ ...root, key: other }, null), { reason: 'KeyMismatch' });
    await assert.rejects(renewed(under(root), { ...root, key: other }), { reason: 'KeyMismatch' });
  });

  it('computes the identifier of a new key by the method of the replaced one', async () => {
    const root = self('P256');
    const key = makeKey('P256');
    const publicKeyInfo = createPublicKey(key.key).export({ format: 'der', type: 'spki' });
    const { bytes } = await renewCertificate({
      ...{ replaced: parseCertificate(root.der), issuer: null, publicKeyInfo, now: NOW },
      key: { kind: 'node', key: key.key },
    });
    const made = self('P256', { key });
    const identifier = (der: Buffer) =>
      subjectKeyIdentifierOf(parseCertificate(der))!.toString('hex');
    assert.equal(identifier(bytes), identifier(made.der));
    assert.equal(opensslVerify(bytes, { root: bytes, at: NOW, strict: true }), 'ok');
  });

  it('copies extensions of every kind byte for byte and in order', async function () {
    this.timeout(120_000);
    const issuer = self('ed25519');
    const value = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const unknown = fc.record({ arc: fc.nat(99_999), critical: fc.boolean(), value });
    const some = fc.uniqueArray(unknown, { selector: ({ arc }) => arc, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(some, async (list) => {
        const template = parseCertificate(issuer.der);
        const extensions = list.map(({ arc, critical, value }) => extension(arc, critical, value));
        const { key } = issuer.key;
        const { bytes } = await issueCertificate(
          { ...template, version: VERSION_3, extensions },
          {
            key: { kind: 'node', key },
            publicKey: { kind: 'node', key: createPublicKey(key) },
            preferred: [],
          },
        );
        const made = await renewed({ ...issuer, der: bytes }, null);
        const copied = parseCertificate(made.bytes).extensions.map(({ whole }) => whole);
        assert.deepEqual(copied, extensions);
      }),
      { numRuns: 50 },
    );
  });

  it('signs with ML-DSA and SLH-DSA so that OpenSSL accepts it', async function () {
    this.timeout(120_000);
    const node = needNodeWithOpenssl35(this);
    const chains = [];
    const template = parseCertificate(self('P256').der);
    for (const name of [
      ...['MLDSA_44', 'MLDSA_65', 'MLDSA_87', 'SLHDSA_SHA2_128f', 'SLHDSA_SHAKE_128f'],
    ]) {
      const kind = { kind: 'pqc', cryptographicAlgorithm: name } as const;
      const { privateKey, publicKey } = await generateKeyPair(kind);
      if (publicKey.material.kind !== 'bytes') throw new TypeError('a post-quantum key of numbers');
      const publicKeyInfo = publicKey.material.bytes;
      // A self-signed certificate for a new key of another type is signed by that key alone.
      const made = await renewCertificate({
        ...{ replaced: template, issuer: null, publicKeyInfo, now: JANUARY },
        key: await signingKeyOf(name, privateKey),
      });
      const again = await renewCertificate({
        ...{ replaced: parseCertificate(made.bytes), issuer: null, publicKeyInfo: null, now: NOW },
        key: await signingKeyOf(name, privateKey),
      });
      chains.push({ certificate: again.bytes, issuer: made.bytes });
    }
    const verified = chains.map(() => true);
    assert.deepEqual(verifiedByOpenssl(node, chains), verified);
  });

  const { der: sound } = self('P256');
  for (const [what, alter] of Object.entries<(der: Buffer) => Buffer>({
    'an end that is cut': (der) => der.subarray(0, -1),
    'bytes behind it': (der) => Buffer.concat([der, Buffer.of(0)]),
    'no sequence': (der) => Buffer.concat([Buffer.of(0x31), der.subarray(1)]),
    'a date that is none': (der) =>
      Buffer.from(der.toString('latin1').replace('260110080000Z', '261310080000Z'), 'latin1'),
    nothing: () => Buffer.alloc(0),
  })) {
    it(`refuses a certificate with ${what}`, () => {
      assert.throws(() => parseCertificate(alter(sound)), { reason: 'MalformedObject' });
    });
  }
});

function extension(arc: number, critical: boolean, value: Uint8Array): Buffer {
  const id = der(DER.objectIdentifier, Buffer.of(0x2a, 0x03), base128(arc));
  const mark = critical ? [der(DER.boolean, Buffer.of(0xff))] : [];
  return der(DER.sequence, id, ...mark, der(DER.octetString, value));
}

function base128(number: number): Buffer {
  const digits = [number & 0x7f];
  for (let rest = number >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return Buffer.from(digits);
}
