// Certificates with something wrong, each with the reason that a run must give and a word that it must say. No
// assertions here.
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import type { Reason } from '../../src/errors.js';
import { certificateRow, importedPair, withItsPair } from './certificate-rows.js';
import { DAY, JANUARY } from './symmetric-keys.js';
import { issued as issuedByDefault, makeKey, type Wanted } from './x509.js';

interface UnsoundCertificate {
  readonly rows: readonly ObjectRow[];
  readonly expected: Readonly<Record<string, readonly [Reason, RegExp]>>;
}

const AUTHORITY = ['basicConstraints = critical, CA:TRUE'];
const UNARMED = { members: { RotateInterval: 0 } };

const issued: typeof issuedByDefault = (subject, issuer, changes) =>
  issuedByDefault(subject, issuer, { extensions: AUTHORITY, ...changes });

/** Returns certificates that are due from day 30 on; their issuers have no policy. */
export function unsoundCertificates(): UnsoundCertificate {
  const rows: ObjectRow[] = [];
  const expected: Record<string, readonly [Reason, RegExp]> = {};
  const add = (uid: string, reason: Reason, says: RegExp, some: readonly ObjectRow[]) => {
    rows.push(...some);
    expected[uid] = [reason, says];
  };
  const self = issued('Self', null);
  const other = makeKey('P256');

  add('cut', 'MalformedObject', /does not parse/, [
    certificateRow('cut', self.der.subarray(0, -20), {}),
  ]);
  add('empty', 'MalformedObject', /does not parse/, [certificateRow('empty', Buffer.alloc(0), {})]);
  add(
    'mismatch',
    'KeyMismatch',
    /certifies another key/,
    withItsPair('mismatch', { ...self, key: other }),
  );
  const [private1] = importedPair('other-key', other, null);
  add('signer', 'KeyMismatch', /does not belong to the certificate/, [
    certificateRow('signer', self.der, { CertificateLink: 'signer', PrivateKeyLink: 'other-key' }),
    private1,
  ]);
  add('no-key', 'NoPrivateKey', /its private key/, [certificateRow('no-key', self.der, {})]);
  add('retired-key', 'SigningKeyNotActive', /is Deactivated/, [
    certificateRow('retired-key', self.der, { PrivateKeyLink: 'retired-key-key' }),
    ...importedPair('retired-key-key', self.key, 'retired-key', { state: 'Deactivated' }),
  ]);
  add('module', 'HsmResident', /hardware security module/, [
    certificateRow('module', self.der, { PrivateKeyLink: 'hsm::1::key' }),
  ]);
  const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_mgf1_md:sha512'];
  const twoHashes = issued('Two', null, {
    key: makeKey('rsa'),
    arguments: [...pss, '-md', 'sha256'],
  });
  add(
    'two-hashes',
    'Unsupported',
    /1\.2\.840\.113549\.1\.1\.10/,
    withItsPair('two-hashes', twoHashes),
  );

  const under = (
    uid: string,
    reason: Reason,
    says: RegExp,
    changes: Partial<Wanted>,
    more: { row?: Partial<ObjectRow>; leaf?: Partial<Wanted>; pair?: boolean } = {},
  ) => {
    const issuer = issued(`Issuer of ${uid}`, null, changes);
    const leaf = issued(uid, issuer, { extensions: [], ...more.leaf });
    const name = `${uid}-issuer`;
    const options = { ...UNARMED, ...(more.row === undefined ? {} : { row: more.row }) };
    const issuerRows =
      more.pair === false
        ? [certificateRow(name, issuer.der, { CertificateLink: name }, options)]
        : withItsPair(name, issuer, name, options);
    add(uid, reason, says, [
      ...issuerRows,
      certificateRow(uid, leaf.der, { CertificateLink: name }),
    ]);
  };
  under('keyless', 'NoPrivateKey', /of its issuer "keyless-issuer"/, {}, { pair: false });
  under('stale', 'IssuerNotActive', /is Deactivated/, {}, { row: { state: 'Deactivated' } });
  under('late', 'IssuerExpired', /ended at 2026-02-09/, { notAfter: JANUARY + 30 * DAY });
  under('no-authority', 'IssuerUnfit', /not an authority/, {
    extensions: ['basicConstraints = CA:FALSE'],
  });
  under('no-signing', 'IssuerUnfit', /key usage/, {
    extensions: [...AUTHORITY, 'keyUsage = digitalSignature'],
  });
  under(
    'too-deep',
    'IssuerUnfit',
    /path length/,
    { extensions: ['basicConstraints = CA:TRUE, pathlen:0'] },
    { leaf: { extensions: AUTHORITY } },
  );
  const nobody = issued('Of nobody', issued('Nobody', null));
  add('nobody', 'IssuerMissing', /not in the store/, [
    certificateRow('nobody', nobody.der, { CertificateLink: 'gone' }),
  ]);
  return { rows, expected };
}
