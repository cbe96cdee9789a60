// Keys that sign and verify, in every form in which a store may hold them.
import assert from 'node:assert/strict';
import { chooseSignatureAlgorithm } from '../../../src/crypto/certificates/signature-algorithm.js';
import {
  isPrivateKeyOf,
  isSameKey,
  keyTypeOf,
  signBytes,
  signingKeyOf,
  verifyingKeyIn,
  verifyingKeyOf,
  verifySignature,
  wipeSigningKey,
} from '../../../src/crypto/certificates/signing-key.js';
import vectors from '../vectors/pqc-seed-alone.json' with { type: 'json' };

const MESSAGE = Buffer.from('a certificate');

const pkcs8 = (text: string) => ({
  keyFormatType: 'PKCS8',
  material: { kind: 'bytes' as const, bytes: Buffer.from(text, 'base64') },
});

describe('a signing key stored as its seed alone', () => {
  const pairs = vectors.pairs.filter(({ name }) => name.startsWith('MLDSA'));
  for (const [index, { name, privateKey, publicKey }] of pairs.entries()) {
    it(`signs with ${name} what its public key verifies (RFC 9881)`, async () => {
      const signer = await signingKeyOf(name, pkcs8(privateKey));
      const verifier = verifyingKeyIn(Buffer.from(publicKey, 'base64'));
      assert.ok(isSameKey(verifier, verifyingKeyOf(name, pkcs8(publicKey))));
      assert.ok(isPrivateKeyOf(signer, verifier));
      const other = pairs[(index + 1) % pairs.length]!;
      const stranger = verifyingKeyIn(Buffer.from(other.publicKey, 'base64'));
      assert.ok(!isPrivateKeyOf(signer, stranger));
      const { algorithm, identifier } = chooseSignatureAlgorithm(keyTypeOf(signer), []);
      const signature = await signBytes(signer, algorithm, MESSAGE);
      assert.ok(await verifySignature(verifier, identifier, MESSAGE, signature));
      const altered = Buffer.from('another certificate');
      assert.ok(!(await verifySignature(verifier, identifier, altered, signature)));
    });
  }

  it('is wiped without touching the stored bytes', async () => {
    const { name, privateKey } = pairs[0]!;
    const stored = pkcs8(privateKey);
    const key = await signingKeyOf(name, stored);
    wipeSigningKey(key);
    assert.ok(key.kind === 'pqc' && key.expanded.every((byte) => byte === 0));
    assert.deepEqual(stored, pkcs8(privateKey));
  });

  it('is refused in a format that such keys do not have', async () => {
    const { name, privateKey } = pairs[0]!;
    const key = { ...pkcs8(privateKey), keyFormatType: 'Raw' };
    await assert.rejects(signingKeyOf(name, key), { reason: 'Unsupported', message: /Raw/ });
  });
});
