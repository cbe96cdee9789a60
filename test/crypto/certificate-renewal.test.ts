// Renewed certificates judged by openssl: every chain that it accepted before it accepts after, and of its text
// nothing differs but what must.
import assert from 'node:assert/strict';
import { renewCertificate, type Renewed } from '../../src/crypto/certificate-renewal.js';
import { readCertificate } from '../../src/crypto/certificate.js';
import { DAY, JANUARY } from '../support/store.js';
import {
  KEY_KINDS,
  makeCertificate,
  makeKey,
  textDifferences,
  verdictOn,
  type KeyKind,
  type MadeCertificate,
  type Wanted,
} from '../support/x509.js';

const NOW = JANUARY + 40 * DAY;

const ROOT = [
  'basicConstraints = critical, CA:TRUE, pathlen:1',
  'keyUsage = critical, keyCertSign, cRLSign',
  'subjectKeyIdentifier = hash',
];

/** Every extension that openssl can be asked for by name, and one that nobody knows. */
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

const self = (key: KeyKind, changes: Partial<Wanted> = {}) =>
  makeCertificate({
    subject: '/CN=Example Root/O=Example',
    key: makeKey(key),
    issuer: null,
    notBefore: JANUARY,
    notAfter: JANUARY + 3650 * DAY,
    extensions: ROOT,
    ...changes,
  });

const under = (issuer: MadeCertificate, changes: Partial<Wanted> = {}) =>
  makeCertificate({
    subject: '/CN=www.example.org',
    key: makeKey('P256'),
    issuer,
    notBefore: JANUARY,
    notAfter: JANUARY + 60 * DAY,
    extensions: LEAF,
    ...changes,
  });

const renewed = (made: MadeCertificate, issuer: MadeCertificate | null): Promise<Renewed> =>
  renewCertificate({
    replaced: readCertificate(made.der),
    issuer: issuer === null ? null : readCertificate(issuer.der),
    key: { kind: 'node', key: (issuer ?? made).key.key },
    publicKeyInfo: null,
    now: NOW,
  });

const MUST_DIFFER = ['Not After', 'Not Before', 'Serial Number', 'Signature Value'];

const differing = (one: Buffer, other: Buffer) =>
  textDifferences(one, other)
    .map(([name]) => name)
    .sort();

describe('crypto/certificate-renewal', () => {
  for (const kind of Object.keys(KEY_KINDS) as KeyKind[]) {
    it(`renews what a key of the kind ${kind} signed: itself, and others`, async () => {
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
        assert.equal(verdictOn(certificate, { root: under, at: NOW, strict: true }), 'ok');
      }
      const { notBefore, notAfter } = readCertificate(newLeaf.bytes);
      assert.deepEqual([notBefore, notAfter - notBefore], [NOW, 60 * DAY]);
    });
  }
});
