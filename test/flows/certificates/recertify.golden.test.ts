// Re-Certify compared with the server’s: the rows that a whole run of ours wrote against those that it wrote for
// the same certificates, member by member; and by openssl, which accepts every chain that it accepted before.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { certificateAttributes } from '../../../src/flows/certificates/certificate-attributes.js';
import { parseCertificate } from '../../../src/crypto/certificates/certificate.js';
import type { RotationResult } from '../../../src/report/rotation-result.js';
import { describeGolden, goldenCopy, goldenObjects, goldenPath } from '../../support/golden.js';
import { needNodeWithOpenssl35, verifiedByOpenssl } from '../../support/openssl-35.js';
import { differences, type View } from '../../support/row-view.js';
import { runDue } from '../../support/run.js';
import { adopt, rowsOf, type StoredRow } from '../../support/store.js';
import { textDifferences, opensslVerify } from '../../support/x509.js';
import { certificateIn } from '../../support/certificate-rows.js';

/** 2026-02-20T08:00:00Z, when the server rotated. */
const NOW = 1_771_574_400;

type Rows = ReadonlyMap<string, StoredRow>;

/** What differs from the server's rows, and why. */
const DIFFERENT = [
  // It leaves the replaced one armed, and its column State Active.
  'replaced.RotateInterval',
  'replaced.State',
  // It gives a renewal the serial of before.
  'replacement.CertificateAttributes',
  // The schedule goes on.
  'replacement.RotateInterval',
];

/** A certificate that signs itself names itself: the server links it to the replaced one. */
const SELF_SIGNED = ['cert-self', 'cert-self-mldsa', 'cert-self-p256'];

describeGolden('Re-Certify against the server (golden stores)', () => {
  const byServer = JSON.parse(readFileSync(goldenPath('rotated-sqlite.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const load = async (url: string): Promise<Rows> =>
    new Map((await rowsOf(url)).map((row) => [row.id, row]));
  let original: Rows;
  let ours: Rows;
  let theirs: Rows;
  let results: readonly RotationResult[];
  before(async function () {
    this.timeout(120_000);
    const url = await adopt(goldenCopy('store.sqlite'));
    original = await load(url);
    theirs = await load(goldenCopy('store-rotated.sqlite'));
    const report = await runDue(url, NOW, { filters: { tags: [], objectType: 'Certificate' } });
    results = report.results;
    ours = await load(url);
  });
  const renewedBy = (uid: string) => results.find((one) => one.uid === uid)!.replacementUid!;
  const certificate = (rows: Rows, uid: string) => certificateIn(rows.get(uid)!);

  it('renews all but the one without a private key, which is named', () => {
    assert.deepEqual(
      results.map(({ uid, outcome, error }) => `${uid}: ${error?.reason ?? outcome}`).sort(),
      [
        'cert-imported: NoPrivateKey',
        'cert-of-service: rotated',
        'cert-self-ed25519: rotated',
        'cert-self-mldsa: rotated',
        'cert-self-p256: rotated',
        'cert-self: rotated',
        'leaf: rotated',
      ],
    );
  });

  it('writes what the server writes, but for the named differences', () => {
    let compared = 0;
    for (const { uid, replacementUid } of results) {
      const theirUid = byServer[uid];
      if (typeof theirUid !== 'string' || replacementUid === null) continue;
      const found = differences(viewOf(ours, uid, replacementUid), viewOf(theirs, uid, theirUid));
      const expected = [
        ...DIFFERENT,
        ...(SELF_SIGNED.includes(uid) ? ['replacement.Link'] : []),
      ].sort();
      assert.deepEqual(found, expected, uid);
      compared += 1;
    }
    assert.equal(compared, 5);
  });

  it('moves the links of their keys as the server does', () => {
    let compared = 0;
    for (const { uid, replacementUid } of results) {
      const theirUid = byServer[uid];
      if (typeof theirUid !== 'string' || replacementUid === null) continue;
      for (const keyUid of linked(original.get(uid)!, ['PublicKeyLink', 'PrivateKeyLink'])) {
        const levelled = (rows: Rows, newUid: string) => {
          const { object, attributes } = rows.get(keyUid)!;
          return JSON.stringify([JSON.parse(object), JSON.parse(attributes)]).replaceAll(
            newUid,
            'NEW',
          );
        };
        assert.ok(levelled(ours, replacementUid) === levelled(theirs, theirUid), keyUid);
        compared += 1;
      }
    }
    assert.equal(compared, 10);
  });

  it('is accepted by openssl in every chain that was accepted before, and differs in what must', () => {
    const root = certificate(original, 'ca');
    const between = [certificate(original, 'sub-ca')];
    for (const uid of ['leaf', 'cert-of-service']) {
      for (const one of [certificate(original, uid), certificate(ours, renewedBy(uid))]) {
        assert.equal(opensslVerify(one, { root, between, at: NOW }), 'ok', uid);
      }
    }
    for (const uid of ['cert-self', 'cert-self-p256', 'cert-self-ed25519']) {
      const renewed = certificate(ours, renewedBy(uid));
      assert.equal(opensslVerify(renewed, { root: renewed, at: NOW }), 'ok', uid);
      const names = textDifferences(certificate(original, uid), renewed).map(([name]) => name);
      const must = ['Not After', 'Not Before', 'Serial Number', 'Signature Value'];
      assert.deepEqual(names.sort(), must, uid);
    }
  });

  it('keeps the span that each had, from now on', () => {
    for (const { uid, replacementUid } of results) {
      if (replacementUid === null) continue;
      const [was, is] = [certificate(original, uid), certificate(ours, replacementUid)].map(
        parseCertificate,
      );
      assert.equal(is!.notBefore, NOW);
      assert.equal(is!.notAfter - NOW, was!.notAfter - was!.notBefore, uid);
    }
  });

  it('signs by ML-DSA what another implementation accepts', function () {
    const node = needNodeWithOpenssl35(this);
    const renewed = certificate(ours, renewedBy('cert-self-mldsa'));
    const chains = [
      { certificate: renewed, issuer: renewed },
      // It refuses what it should.
      { certificate: renewed, issuer: certificate(ours, 'cert-self-ed25519') },
    ];
    assert.deepEqual(verifiedByOpenssl(node, chains), [true, false]);
  });
});

describeGolden('Certificate Attributes of the golden stores', () => {
  it('are told from the bytes as the server tells them', async () => {
    const certificates = goldenObjects('store-rotated').filter(
      ({ objectType }) => objectType === 'Certificate',
    );
    assert.equal(certificates.length, 14);
    for (const { row, attributes } of certificates) {
      const told = await certificateAttributes(parseCertificate(certificateIn(row)), undefined);
      assert.deepEqual(told, attributes.members['CertificateAttributes'], row.id);
    }
  });
});

function viewOf(rows: Rows, uid: string, newUid: string): View {
  const view: Record<string, string> = {};
  for (const [role, id] of [
    ['replaced', uid],
    ['replacement', newUid],
  ] as const) {
    const row = rows.get(id)!;
    const { object, attributes, ...columns } = row;
    const type = Object.keys(JSON.parse(object) as object);
    const members = { ...(JSON.parse(attributes) as object), ...columns, type };
    for (const [member, value] of Object.entries(members)) {
      const text = JSON.stringify(value).replaceAll(newUid, 'NEW');
      // The rotation took the server two seconds; ours stands still at its first.
      view[`${role}.${member}`] = text.replace(/\[2026,51,8,0,[0-2],0,0,0,0\]/, 'NOW');
    }
  }
  return view;
}

function linked(row: StoredRow, types: readonly string[]): readonly string[] {
  const { Link } = JSON.parse(row.attributes) as {
    Link: { LinkType: string; LinkedObjectIdentifier: string }[];
  };
  return Link.filter(({ LinkType }) => types.includes(LinkType)).map(
    ({ LinkedObjectIdentifier }) => LinkedObjectIdentifier,
  );
}
