// Whole runs over certificates: a chain renewed in every order, who signs where links are wrong or missing, and
// what is wrong with one certificate said of it alone.
import assert from 'node:assert/strict';
import { decodeRow, type ObjectRow } from '../../src/kmip/managed-object.js';
import { parseCertificate } from '../../src/crypto/certificates/certificate.js';
import { defaultWrappingBy } from '../../src/flows/wrapping/key-wrapping.js';
import { formatJson } from '../../src/kmip/json.js';
import { unsoundCertificates } from '../support/unsound-certificates.js';
import { certificateIn, certificateRow, withItsPair } from '../support/certificate-rows.js';
import { describeOnSqlite, type TestDatabase } from '../support/databases.js';
import { outcomesOf } from '../support/reports.js';
import { runDue, runOne } from '../support/run.js';
import { aSymmetricKey, DAY, JANUARY, rowsOf, storeWith, withStore } from '../support/store.js';
import { issued as issuedByDefault, opensslVerify, type MadeCertificate } from '../support/x509.js';
import { storedKey } from '../../src/flows/wrapping/stored-key.js';
import { valuesOf } from '../support/values-of.js';
import { collect, explainedCandidates } from '../../src/survey/survey.js';

const NOW = JANUARY + 40 * DAY;

const authority = (pathLength = '') => [
  `basicConstraints = critical, CA:TRUE${pathLength}`,
  'keyUsage = critical, keyCertSign, cRLSign',
  'subjectKeyIdentifier = hash',
  'authorityKeyIdentifier = keyid',
];

const END = [
  'basicConstraints = critical, CA:FALSE',
  'subjectAltName = DNS:www.example.org',
  'subjectKeyIdentifier = hash',
  'authorityKeyIdentifier = keyid',
];

const issued: typeof issuedByDefault = (subject, issuer, changes) =>
  issuedByDefault(subject, issuer, { extensions: authority(), ...changes });

const root = issued('Root', null, {
  notAfter: JANUARY + 3650 * DAY,
  extensions: authority(', pathlen:1'),
});
const between = issued('Between', root, { extensions: authority(', pathlen:0') });
const leaf = issued('Leaf', between, { notAfter: JANUARY + 60 * DAY, extensions: END });

const chain = (): readonly ObjectRow[] => [
  ...withItsPair('root', root),
  ...withItsPair('between', between, 'root'),
  ...withItsPair('leaf', leaf, 'between'),
];

const storeOf = (database: TestDatabase, rows: readonly ObjectRow[]) =>
  storeWith(database, rows, []);

async function objectsOf(url: string) {
  const rows = await rowsOf(url);
  return new Map(
    rows.map(({ wrapping_key_id: wrappingKeyId, ...row }) => [
      row.id,
      decodeRow({ ...row, wrappingKeyId }),
    ]),
  );
}

type Objects = Awaited<ReturnType<typeof objectsOf>>;

const linkOf = (objects: Objects, uid: string, type: string) =>
  objects.get(uid)?.attributes.links.find(({ linkType }) => linkType === type)
    ?.linkedObjectIdentifier;

const latest = (objects: Objects, uid: string): string => {
  const next = linkOf(objects, uid, 'ReplacementObjectLink');
  return next === undefined ? uid : latest(objects, next);
};

const bytes = (objects: Objects, uid: string) => certificateIn(objects.get(uid)!.row);

/** The private key of a certificate as a server writes it under a wrapping key. */
function wrappedBy(kek: ObjectRow, row: ObjectRow, { key }: MadeCertificate): ObjectRow {
  const wrapping = defaultWrappingBy(decodeRow(kek), new Map([[kek.id, decodeRow(kek)]]));
  const plain = {
    objectType: 'PrivateKey',
    keyFormatType: 'PKCS8',
    material: { kind: 'bytes', bytes: key.key.export({ format: 'der', type: 'pkcs8' }) },
    cryptographicAlgorithm: 'ECDH',
    cryptographicLength: 256,
  } as const;
  return { ...row, object: formatJson(storedKey(plain, {}, wrapping)), wrappingKeyId: kek.id };
}

const ORDERS = [
  ['root', 'between', 'leaf'],
  ['root', 'leaf', 'between'],
  ['between', 'root', 'leaf'],
  ['between', 'leaf', 'root'],
  ['leaf', 'root', 'between'],
  ['leaf', 'between', 'root'],
] as const;

/** Everything that must hold of the chain after any renewals. */
function assertChain(objects: Objects): void {
  const generations = (uid: string): readonly string[] => {
    const next = linkOf(objects, uid, 'ReplacementObjectLink');
    return next === undefined ? [uid] : [uid, ...generations(next)];
  };
  for (const top of generations('root')) {
    for (const middle of generations('between')) {
      for (const end of generations('leaf')) {
        const verdict = opensslVerify(bytes(objects, end), {
          root: bytes(objects, top),
          between: [bytes(objects, middle)],
          at: NOW,
          strict: true,
        });
        assert.equal(verdict, 'ok', `${end} under ${middle} under ${top}`);
      }
    }
  }
  for (const uid of ['root', 'between', 'leaf']) {
    const newest = latest(objects, uid);
    for (const key of [`${uid}-key`, `${uid}-key_pk`]) {
      assert.equal(linkOf(objects, key, 'CertificateLink'), newest);
      const embedded = objects.get(key)!.keyBlock!.attributes!.links;
      assert.ok(embedded.some(({ linkedObjectIdentifier: to }) => to === newest));
    }
  }
}

describeOnSqlite('runs over certificates', (database) => {
  for (const order of ORDERS) {
    it(`renews a chain of three in the order ${order.join(', ')}, and every chain of its generations holds`, async () => {
      const url = await storeOf(database, chain());
      for (const uid of order) {
        const { results } = await runOne(url, uid, NOW);
        assert.equal(results[0]?.outcome, 'rotated', results[0]?.error?.message);
        const objects = await objectsOf(url);
        const above = { root: null, between: 'root', leaf: 'between' }[uid];
        const renewed = latest(objects, uid);
        // The latest of its issuer at that time, or itself.
        const expected = above === null ? renewed : latest(objects, above);
        assert.equal(linkOf(objects, renewed, 'CertificateLink'), expected);
      }
      assertChain(await objectsOf(url));
    });
  }

  it('takes an authority before what it signed, so that a renewed leaf names the latest', async () => {
    const url = await storeOf(database, chain());
    const report = await runDue(url, NOW);
    assert.deepEqual(valuesOf(report.results, 'uid'), ['root', 'between', 'leaf']);
    assert.deepEqual(new Set(Object.values(outcomesOf(report))), new Set(['rotated']));
    const objects = await objectsOf(url);
    assert.equal(
      linkOf(objects, latest(objects, 'leaf'), 'CertificateLink'),
      latest(objects, 'between'),
    );
    assertChain(objects);
    const again = await runDue(url, NOW);
    assert.deepEqual(again.results, []);
    const later = await runDue(url, NOW + 31 * DAY);
    assert.equal(later.results.length, 3);
  });

  it('retires the replaced one, column and attributes alike, and links both', async () => {
    const url = await storeOf(database, [
      ...withItsPair('self', root, 'self', {
        members: { Name: [{ NameValue: 'ours', NameType: 'URI' }], RotateName: 'self' },
      }),
    ]);
    const { results } = await runOne(url, 'self', NOW);
    assert.equal(results[0]?.replacementUid, 'self@1');
    const objects = await objectsOf(url);
    const [was, is] = ['self', 'self@1'].map((uid) => objects.get(uid)!);
    assert.deepEqual([was!.state, was!.attributes.state], ['Deactivated', 'Deactivated']);
    assert.deepEqual([was!.attributes.names, is!.attributes.names], [[], ['ours']]);
    assert.equal(was!.attributes.rotateInterval, 0);
    assert.equal(is!.attributes.rotateInterval, 2_592_000);
    assert.deepEqual(
      is!.attributes.links.map(({ linkType, linkedObjectIdentifier: to }) => `${linkType} ${to}`),
      [
        'CertificateLink self@1',
        'ReplacedObjectLink self',
        'PublicKeyLink self-key_pk',
        'PrivateKeyLink self-key',
      ],
    );
  });

  it('finds the issuer by name and key where links are missing or lead elsewhere', async () => {
    const stranger = issued('Between', root, { extensions: authority(', pathlen:0') });
    const rows = [
      ...withItsPair('root', root),
      ...withItsPair('stranger', stranger, 'root'),
      ...withItsPair('between', between, 'root'),
      certificateRow('unlinked', leaf.der, {}),
      certificateRow('misled', leaf.der, { CertificateLink: 'root' }),
      certificateRow('itself', leaf.der, { CertificateLink: 'itself' }),
      certificateRow('nowhere', leaf.der, { CertificateLink: 'gone' }),
    ];
    const url = await storeOf(database, rows);
    for (const uid of ['unlinked', 'misled', 'itself', 'nowhere']) {
      const { results } = await runOne(url, uid, NOW);
      assert.equal(results[0]?.outcome, 'rotated', results[0]?.error?.message);
      const objects = await objectsOf(url);
      const renewed = latest(objects, uid);
      assert.equal(linkOf(objects, renewed, 'CertificateLink'), 'between');
      const verdict = opensslVerify(bytes(objects, renewed), {
        root: root.der,
        between: [between.der],
        at: NOW,
      });
      assert.equal(verdict, 'ok');
    }
  });

  it('says that a span was cut short by the end of the issuer, and of what it copied unread', async () => {
    const short = issued('Short', root, { notAfter: NOW + 10 * DAY });
    const odd = issued('Odd', short, {
      extensions: [...END, '1.2.3.4.5 = critical, ASN1:UTF8String:of our own'],
    });
    const url = await storeOf(database, [
      ...withItsPair('root', root),
      ...withItsPair('short', short, 'root'),
      ...withItsPair('odd', odd, 'short'),
    ]);
    const { notices } = await runOne(url, 'odd', NOW);
    assert.deepEqual(notices, [
      'the certificate that replaces "odd" ends early, at 2026-03-01T08:00:00Z, because the certificate of its issuer ends then: renew "short" before then',
      'the certificate that replaces "odd" has critical extensions that kms does not know, copied as they are: 1.2.3.4.5',
    ]);
    const objects = await objectsOf(url);
    assert.equal(parseCertificate(bytes(objects, latest(objects, 'odd'))).notAfter, NOW + 10 * DAY);
  });

  it('names what is wrong with each, writes nothing of it, and renews the others', async () => {
    const { rows, expected } = unsoundCertificates();
    const url = await storeOf(database, [...rows, ...withItsPair('sound', root)]);
    const before = new Map((await rowsOf(url)).map((row) => [row.id, row]));
    const report = await runDue(url, NOW);
    const found = outcomesOf(report);
    assert.equal(found['sound'], 'rotated');
    for (const [uid, [reason, says]] of Object.entries(expected)) {
      assert.equal(found[uid], reason, uid);
      const error = report.results.find((result) => result.uid === uid)?.error;
      assert.match(error?.message ?? '', says, uid);
      assert.notEqual(error?.hint ?? null, null, uid);
      assert.deepEqual(
        (await rowsOf(url)).find(({ id }) => id === uid),
        before.get(uid),
      );
    }
    assert.equal((await rowsOf(url)).length, before.size + 1);
  });

  it('leaves those to others that a module signs, if rotation.hsm says so, and lists them as such', async () => {
    const unarmed = { members: { RotateInterval: 0 } };
    const url = await storeOf(database, [
      certificateRow('self', root.der, { PrivateKeyLink: 'hsm::1::root' }),
      certificateRow('issuer', between.der, { PrivateKeyLink: 'hsm::1::between' }, unarmed),
      certificateRow('linked', leaf.der, { CertificateLink: 'issuer' }),
      certificateRow('by-bytes', leaf.der, {}),
      ...withItsPair('sound', root),
    ]);
    const FAILED = { self: 'HsmResident', linked: 'HsmResident', 'by-bytes': 'HsmResident' };
    const foreseen = await runDue(url, NOW, { dryRun: true });
    assert.deepEqual(outcomesOf(foreseen), { ...FAILED, sound: 'would-rotate' });
    assert.deepEqual(outcomesOf(await runDue(url, NOW, { hsm: 'leave' })), { sound: 'rotated' });
    const options = { now: NOW, withinSeconds: 0, firstDeadline: 'offset', hsm: 'leave' } as const;
    const explained = await withStore(url, (store) =>
      collect(explainedCandidates(store, options, { tags: [] })),
    );
    const inModule = explained.filter(
      ({ evaluation }) => evaluation.eligibility === 'hsm-resident',
    );
    assert.deepEqual(inModule.map(({ candidate }) => candidate.row.id).sort(), ['linked', 'self']);
  });

  it('unwraps the private key of an issuer to sign by it', async () => {
    const kek = aSymmetricKey({ uid: 'kek', intervalSeconds: null });
    const rows = chain().map((row) =>
      row.id === 'between-key' ? wrappedBy(kek, row, between) : row,
    );
    const url = await storeOf(database, [kek, ...rows]);
    const { results } = await runOne(url, 'leaf', NOW);
    assert.equal(results[0]?.outcome, 'rotated', results[0]?.error?.message);
    const objects = await objectsOf(url);
    const verdict = opensslVerify(bytes(objects, latest(objects, 'leaf')), {
      root: root.der,
      between: [between.der],
      at: NOW,
    });
    assert.equal(verdict, 'ok');
  });

  it('renews a Deactivated certificate on request, but no Compromised one', async () => {
    const url = await storeOf(database, [
      ...withItsPair('old', root, 'old', { row: { state: 'Deactivated' } }),
      ...withItsPair('bad', root, 'bad', { row: { state: 'Compromised' } }),
    ]);
    assert.deepEqual(outcomesOf(await runOne(url, 'old', NOW)), { old: 'rotated' });
    assert.deepEqual(outcomesOf(await runOne(url, 'bad', NOW)), { bad: 'WrongState' });
  });

  describe('with their pairs (--with-certificates)', () => {
    /** The pair of one certificate of the chain is due, and no certificate is. */
    const duePair = (uid: string): readonly ObjectRow[] =>
      chain().map((row) => {
        const isKey = row.id === `${uid}-key`;
        const RotateInterval = isKey ? 30 * DAY : 0;
        const attributes = { ...(JSON.parse(row.attributes) as object), RotateInterval };
        return { ...row, attributes: JSON.stringify(attributes) };
      });

    it('leaves a pair that an Active certificate names, unless told to', async () => {
      const url = await storeOf(database, duePair('leaf'));
      const before = await rowsOf(url);
      assert.deepEqual(outcomesOf(await runDue(url, NOW)), { 'leaf-key': 'CertificateInUse' });
      assert.deepEqual(await rowsOf(url), before);
    });

    for (const uid of ['root', 'between', 'leaf'] as const) {
      it(`issues the certificate of ${uid} anew for the new key, and old leaves hold`, async () => {
        const url = await storeOf(database, duePair(uid));
        const report = await runDue(url, NOW, { withCertificates: true });
        assert.deepEqual(outcomesOf(report), { [`${uid}-key`]: 'rotated' });
        const objects = await objectsOf(url);
        const renewed = latest(objects, uid);
        assert.deepEqual(report.notices, [
          `the certificate "${uid}" was reissued for the new key as "${renewed}"`,
        ]);
        const [pair] = report.results;
        for (const [type, key] of [
          ['PrivateKeyLink', pair!.replacementUid!],
          ['PublicKeyLink', pair!.publicKeyReplacementUid!],
        ] as const) {
          assert.equal(linkOf(objects, renewed, type), key);
          assert.equal(linkOf(objects, key, 'CertificateLink'), renewed);
          const embedded = objects.get(key)!.keyBlock!.attributes!.links;
          assert.ok(embedded.some(({ linkedObjectIdentifier: to }) => to === renewed));
        }
        assert.equal(objects.get(uid)!.state, 'Deactivated');
        // The old leaf holds below the old certificates, and the renewed ones above it.
        const old = { root: root.der, between: [between.der], at: NOW, strict: true };
        assert.equal(opensslVerify(leaf.der, old), 'ok');
        const chainNow = {
          root: bytes(objects, uid === 'root' ? renewed : 'root'),
          between: [bytes(objects, uid === 'between' ? renewed : 'between')],
          at: NOW,
          strict: true,
        };
        if (uid !== 'leaf') {
          assert.deepEqual(outcomesOf(await runOne(url, 'leaf', NOW)), { leaf: 'rotated' });
        }
        if (uid === 'root') {
          assert.equal(opensslVerify(chainNow.root, { root: chainNow.root, at: NOW }), 'ok');
          // The one between was signed by the old key: it is issued anew by the new one.
          assert.deepEqual(outcomesOf(await runOne(url, 'between', NOW)), { between: 'rotated' });
          const again = await objectsOf(url);
          chainNow.between = [bytes(again, latest(again, 'between'))];
        }
        const now = await objectsOf(url);
        assert.equal(opensslVerify(bytes(now, latest(now, 'leaf')), chainNow), 'ok');
        if (uid === 'leaf') return;
        assert.equal(linkOf(now, latest(now, 'between'), 'ReplacedObjectLink'), 'between');
      });
    }

    it('issues every Active certificate of a pair anew, also one that the pair does not link to', async () => {
      const rows = duePair('leaf');
      const links = { CertificateLink: 'between', PublicKeyLink: 'leaf-key_pk' };
      const second = certificateRow('second', leaf.der, links, { members: { RotateInterval: 0 } });
      const url = await storeOf(database, [...rows, second]);
      const report = await runDue(url, NOW, { withCertificates: true });
      assert.deepEqual(outcomesOf(report), { 'leaf-key': 'rotated' });
      const objects = await objectsOf(url);
      for (const uid of ['leaf', 'second']) {
        assert.equal(
          linkOf(objects, latest(objects, uid), 'PublicKeyLink'),
          report.results[0]!.publicKeyReplacementUid,
        );
      }
    });

    it('takes a due certificate along with its due pair, once, and writes neither if one fails', async () => {
      const rows = [...withItsPair('self', root)].map((row) => {
        const attributes = { ...(JSON.parse(row.attributes) as object) };
        const armed = row.id === 'self-key' ? { RotateInterval: 30 * DAY } : {};
        return { ...row, attributes: JSON.stringify({ ...attributes, ...armed }) };
      });
      const url = await storeOf(database, rows);
      const report = await runDue(url, NOW, { withCertificates: true });
      assert.deepEqual(outcomesOf(report), { 'self-key': 'rotated' });
      assert.equal((await rowsOf(url)).length, 6);
      const broken = await storeOf(
        database,
        rows.map((row) =>
          row.id === 'self'
            ? certificateRow('self', between.der, { PublicKeyLink: 'self-key_pk' })
            : row,
        ),
      );
      const before = await rowsOf(broken);
      const { results } = await runOne(broken, 'self-key', NOW, { withCertificates: true });
      assert.equal(results[0]?.error?.reason, 'KeyMismatch');
      assert.deepEqual(await rowsOf(broken), before);
    });
  });
});
