// Objects whose wrapping key is named by a certificate: its public key wraps, the private key that it links to
// unwraps (storage format §5.3).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayBeDestroyed, dependantsTree } from '../../src/views/keys/dependants-tree.js';
import { describeEachDatabase } from '../support/databases.js';
import { setAttributes } from '../support/meddle.js';
import { rewrappedIn } from '../support/reports.js';
import { runDue, runOne } from '../support/run.js';
import { sql } from '../support/sql.js';
import { insertRows, rowOf, rowsOf, withStore, type StoredRow } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';
import { openEcies } from '../support/wrapping/curves.js';
import { forestStore, NOW } from '../support/wrapping/forest-store.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant } from '../support/wrapping/plant.js';
import { valuesOf } from '../support/values-of.js';

const PAIR = 'P256-0';
const DEPENDANT = 'aes256-1';

interface Row {
  readonly object: string;
  readonly attributes: string;
}

const blockOf = ({ object }: Row) => {
  const [content] = Object.values(
    JSON.parse(object) as Record<string, { KeyBlock: { KeyValue: unknown } }>,
  );
  return content!.KeyBlock;
};

describeEachDatabase('an object under a certificate', (database) => {
  const forest = forestStore(database);

  /** A pair, a dependant that is due, and certificates of these uids, each replaced by the next. */
  const planted = async (certificates: readonly string[]) => {
    const policy = certificates.length === 1 ? 'due' : 'none';
    const { url, rest: rows } = await forest(
      [aPlant({ kind: 'P256', bytesAlone: true }), aPlant({ bytesAlone: true, under: 1, policy })],
      { count: 0 },
    );
    const named = (text: string) => text.replaceAll(`"${PAIR}_pk"`, `"${certificates[0]}"`);
    await insertRows(
      url,
      rows.map((row) =>
        row.id === DEPENDANT
          ? {
              ...row,
              object: named(row.object),
              attributes: named(row.attributes),
              wrappingKeyId: certificates[0]!,
            }
          : row,
      ),
      [],
    );
    const pkcs8 = pkcs8Of(rows.find(({ id }) => id === PAIR)!);
    const object = JSON.stringify({
      Certificate: { CertificateType: 'X509', CertificateValue: [...selfSigned(pkcs8)] },
    });
    await insertRows(
      url,
      certificates.map((id, index) => {
        const next = certificates[index + 1];
        const attributes = JSON.stringify({ Link: linksOf(next), ObjectType: 'Certificate' });
        const state = next === undefined ? 'Active' : 'Deactivated';
        return { id, object, attributes, state, owner: 'ops@example.org', wrappingKeyId: null };
      }),
      ['_cert'],
    );
    return { url, pkcs8 };
  };

  /** Adds a link to the certificate to those that a key has. */
  const linkToCertificate = async (url: string, uid: string) => {
    const members = JSON.parse((await rowOf(url, uid)).attributes) as { Link: object[] };
    const link = { LinkType: 'CertificateLink', LinkedObjectIdentifier: 'cert' };
    await setAttributes(url, uid, { Link: [...members.Link, link] });
  };

  // SQLite lets nobody write while a transaction does.
  if (database.kind !== 'sqlite') {
    it('is not lost where runs, a renewal and a server that writes copies back are at work at once', async function () {
      this.timeout(60_000);
      for (let round = 0; round < 2; round += 1) {
        const { url, pkcs8 } = await planted(['cert']);
        const bytes = opened(await rowOf(url, DEPENDANT), pkcs8);
        await setAttributes(url, PAIR, { RotateInterval: 86_400, RotateAutomatic: true });
        const { object, attributes } = await rowOf(url, DEPENDANT);
        const writeBack = async (times: number): Promise<void> => {
          const statement = `UPDATE objects SET object = ?, attributes = ?, wrapping_key_id = 'cert' WHERE id = ?`;
          await sql(url, statement, object, attributes, DEPENDANT).catch(unlessVictim);
          if (times > 1) await writeBack(times - 1);
        };
        await Promise.all([
          runDue(url, NOW, { withCertificates: true }),
          runDue(url, NOW, { withCertificates: true }),
          runOne(url, 'cert', NOW),
          writeBack(10),
        ]);
        await runDue(url, NOW, { withCertificates: true });
        const { objects, underRetired, problems } = await unwrapStore(url);
        assert.equal(objects.get(DEPENDANT)?.plaintext, bytes.toString('hex'));
        assert.deepEqual({ underRetired, problems }, { underRetired: [], problems: [] });
      }
    });
    return;
  }

  it('has its replacement wrapped by the public key in it, so that the private key opens it', async () => {
    const { url, pkcs8 } = await planted(['cert']);
    const [result] = (await runDue(url, NOW)).results;
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    const row = await rowOf(url, result.replacementUid!);
    assert.equal(row.wrapping_key_id, 'cert');
    assert.equal(opened(row, pkcs8).length, 32);
    assert.deepEqual(digestIn(row), digestOfKey(opened(row, pkcs8)));
  });

  it('comes under the renewed one, the same bytes inside', async () => {
    const { url, pkcs8 } = await planted(['cert', 'renewed']);
    const before = await rowOf(url, DEPENDANT);
    assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [[DEPENDANT, 'renewed', 'mended']]);
    const after = await rowOf(url, DEPENDANT);
    assert.equal(after.wrapping_key_id, 'renewed');
    assert.deepEqual(opened(after, pkcs8), opened(before, pkcs8));
  });

  it('keeps the pair behind the certificate from being destroyed, and follows that pair', async () => {
    const { url, pkcs8 } = await planted(['cert']);
    await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = 'cert'`);
    await linkToCertificate(url, PAIR);
    const tree = await withStore(url, (opened) => dependantsTree(opened, PAIR));
    assert.deepEqual(valuesOf(tree.dependants, 'uid'), [DEPENDANT]);
    const before = opened(await rowOf(url, DEPENDANT), pkcs8);
    const [result] = (await runOne(url, PAIR, NOW)).results;
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    assert.equal((await rowOf(url, DEPENDANT)).wrapping_key_id, result.publicKeyReplacementUid);
    const evaluated = (await unwrapStore(url)).objects.get(DEPENDANT);
    assert.equal(evaluated?.plaintext, before.toString('hex'));
  });

  /** The dependant is under this key, the same bytes inside, and nothing is under a retired one. */
  const assertMoved = async (url: string, to: string | null | undefined, bytes: Buffer) => {
    assert.equal((await rowOf(url, DEPENDANT)).wrapping_key_id, to);
    const { objects, underRetired, problems } = await unwrapStore(url);
    assert.equal(objects.get(DEPENDANT)?.plaintext, bytes.toString('hex'));
    assert.deepEqual({ underRetired, problems }, { underRetired: [], problems: [] });
  };

  it('follows the pair behind a revoked certificate that no key links to', async () => {
    const { url, pkcs8 } = await planted(['cert']);
    await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = 'cert'`);
    const bytes = opened(await rowOf(url, DEPENDANT), pkcs8);
    const foreseen = await runOne(url, PAIR, NOW, { dryRun: true });
    assert.equal(foreseen.results[0]?.dependantsRewrapped, 1);
    const [result] = (await runOne(url, PAIR, NOW)).results;
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    assert.equal(result.dependantsRewrapped, 1);
    await assertMoved(url, result.publicKeyReplacementUid, bytes);
  });

  it('follows it if its column does not name the certificate', async () => {
    const { url, pkcs8 } = await planted(['cert']);
    await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = 'cert'`);
    const bytes = opened(await rowOf(url, DEPENDANT), pkcs8);
    await sql(url, 'UPDATE objects SET wrapping_key_id = NULL WHERE id = ?', DEPENDANT);
    const [result] = (await runOne(url, PAIR, NOW)).results;
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    await assertMoved(url, result.publicKeyReplacementUid, bytes);
  });

  for (const [who, linking] of [
    ['no key links to', []],
    ['the private key links to', [PAIR]],
    ['the public key links to', [`${PAIR}_pk`]],
  ] as const) {
    it(`comes under the certificate that is issued anew for the new pair, for one that ${who}`, async () => {
      const { url, pkcs8 } = await planted(['cert']);
      for (const uid of linking) await linkToCertificate(url, uid);
      const bytes = opened(await rowOf(url, DEPENDANT), pkcs8);
      const [result] = (await runOne(url, PAIR, NOW, { withCertificates: true })).results;
      assert.equal(result?.outcome, 'rotated', result?.error?.message);
      assert.equal(result.dependantsRewrapped, 1);
      const { Link: links } = JSON.parse((await rowOf(url, 'cert')).attributes) as {
        Link: { LinkType: string; LinkedObjectIdentifier: string }[];
      };
      const renewed = links.find(({ LinkType }) => LinkType === 'ReplacementObjectLink');
      await assertMoved(url, renewed?.LinkedObjectIdentifier, bytes);
    });
  }

  it('comes under the public key of the new pair where a server has left its certificate behind', async () => {
    const { url, pkcs8 } = await planted(['cert']);
    const bytes = opened(await rowOf(url, DEPENDANT), pkcs8);
    // As the server's own rotation does it: the certificate is still Active and names the replaced pair.
    const { wrapping_key_id: wrappingKeyId, ...row } = await rowOf(url, DEPENDANT);
    await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = 'cert'`);
    await sql(url, 'DELETE FROM objects WHERE id = ?', DEPENDANT);
    const [result] = (await runOne(url, PAIR, NOW)).results;
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    await sql(url, `UPDATE objects SET state = 'Active' WHERE id = 'cert'`);
    await insertRows(url, [{ ...row, wrappingKeyId }], []);
    assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [
      [DEPENDANT, result.publicKeyReplacementUid, 'mended'],
    ]);
    await assertMoved(url, result.publicKeyReplacementUid, bytes);
    assert.deepEqual((await runDue(url, NOW)).rewrappedDependants, []);
  });

  it('keeps the private key from being destroyed that only its certificate names', async () => {
    const { url } = await planted(['cert']);
    await sql(url, `UPDATE objects SET state = 'Deactivated'`);
    const tree = await withStore(url, (opened) => dependantsTree(opened, PAIR));
    assert.equal(mayBeDestroyed(tree), false);
  });

  it('is not rotated where the private key may not unwrap any more: WrappingKeyNotActive', async () => {
    const { url } = await planted(['cert']);
    await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = ?`, PAIR);
    const rows = await rowsOf(url);
    const [result] = (await runDue(url, NOW)).results;
    assert.equal(result?.error?.reason, 'WrappingKeyNotActive');
    assert.deepEqual(await rowsOf(url), rows);
  });
});

/** A write that was the victim of a deadlock was none. */
function unlessVictim(error: Error & { readonly code?: string }): void {
  if (!['ER_LOCK_DEADLOCK', '40P01'].includes(error.code ?? '')) throw error;
}

function linksOf(next: string | undefined): readonly object[] {
  const link = (type: string, uid: string) => ({ LinkType: type, LinkedObjectIdentifier: uid });
  return [
    ...[link('PublicKeyLink', `${PAIR}_pk`), link('PrivateKeyLink', PAIR)],
    ...(next === undefined ? [] : [link('ReplacementObjectLink', next)]),
  ];
}

function pkcs8Of(row: Row): Buffer {
  return Buffer.from((blockOf(row).KeyValue as { KeyMaterial: number[] }).KeyMaterial);
}

function selfSigned(pkcs8: Buffer): Buffer {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const path = join(temporaryFolder(), 'key.pem');
  writeFileSync(path, key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  const request = ['req', '-x509', '-new', '-key', path, '-subj', '/CN=kek', '-outform', 'DER'];
  return execFileSync('openssl', request, { stdio: ['ignore', 'pipe', 'ignore'] });
}

function opened(row: StoredRow, pkcs8: Buffer): Buffer {
  const { d = '' } = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({
    format: 'jwk',
  });
  const scalar = BigInt(`0x${Buffer.from(d, 'base64url').toString('hex')}`);
  return openEcies('P256', scalar, Buffer.from(blockOf(row).KeyValue as number[]));
}

function digestIn({ attributes }: Row): readonly number[] {
  const { Digest } = JSON.parse(attributes) as { Digest: { DigestValue: number[] } };
  return Digest.DigestValue;
}

/** Over the TTLV of the KeyMaterial (storage format §3.6). */
function digestOfKey(bytes: Buffer): readonly number[] {
  const head = Buffer.from('420043010000002842003f0800000020', 'hex');
  return [...createHash('sha256').update(head).update(bytes).digest()];
}
