import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { canonicalJson } from '../../../../src/kmip/canonical-json.js';
import type { JsonValue } from '../../../../src/kmip/json.js';
import {
  hashRow,
  sealedContent,
  sealedLine,
  sealingKeyId,
  signingKeyId,
  type UnsealedRow,
} from '../../../../src/store/own/chain/sealed-row.js';
import { anyText } from '../../../support/any-text.js';

const ROW: UnsealedRow = {
  runId: '0b7c9a52-0000-4000-8000-000000000001',
  at: '2026-09-01T09:00:00Z',
  durationMs: 12,
  host: 'db-1',
  osUser: 'kms',
  version: '1.0.0',
  uid: 'invoices@1 "€" \u0001 😀',
  replacementUid: 'invoices@2',
  flow: 'plain',
  outcome: 'rotated',
  reason: null,
  message: null,
  chain: '5a0d1c7e-0000-4000-8000-000000000002',
  seq: 3,
  previousHash: 'ab'.repeat(32),
  keyId: null,
  details: '{"objects":[]}',
};

const CONTENT =
  '{"at":"2026-09-01T09:00:00Z","chain":"5a0d1c7e-0000-4000-8000-000000000002","details":{"objects":[]},' +
  '"durationMs":12,"flow":"plain","host":"db-1","keyId":null,"message":null,"osUser":"kms","outcome":"rotated",' +
  `"previous":"${'ab'.repeat(32)}","reason":null,"replacementUid":"invoices@2",` +
  '"run":"0b7c9a52-0000-4000-8000-000000000001","seq":3,' +
  String.raw`"uid":"invoices@1 \"€\" \u0001 😀","v":1,"version":"1.0.0"}`;

describe('a sealed row', () => {
  it('is hashed over RFC 8785 text of all that it says, and of the hash before it', () => {
    assert.equal(sealedContent(ROW), CONTENT);
    assert.equal(hashRow(ROW, null), createHash('sha256').update(CONTENT).digest('hex'));
  });

  it('is hashed with a key by HMAC-SHA-256', () => {
    const key = Buffer.alloc(32, 7);
    const expected = createHmac('sha256', key).update(CONTENT).digest('hex');
    assert.equal(hashRow(ROW, key), expected);
  });

  it('is in an export the canonical text with its hash and signature', () => {
    const sealed = { ...ROW, hash: hashRow(ROW, null), signature: null };
    for (const row of [sealed, { ...sealed, signature: 'c2lnbmVk' }]) {
      const line = sealedLine(row);
      assert.equal(canonicalJson(JSON.parse(line) as JsonValue), line);
      const { hash, signature, ...content } = JSON.parse(line) as Record<string, JsonValue>;
      assert.deepEqual([hash, signature ?? null], [row.hash, row.signature]);
      assert.equal(canonicalJson(content), CONTENT);
    }
  });

  it('has canonical text whatever it says', () => {
    const text = anyText();
    const some = fc.record({
      uid: text,
      message: fc.option(text),
      host: text,
      durationMs: fc.nat(),
      details: fc.option(
        fc.json().map((written) => canonicalJson(JSON.parse(written) as JsonValue)),
      ),
    });
    fc.assert(
      fc.property(some, (columns) => {
        const content = sealedContent({ ...ROW, ...columns });
        assert.equal(canonicalJson(JSON.parse(content) as JsonValue), content);
      }),
    );
  });

  it('names its key by half a digest, which differs for a key that signs', () => {
    const key = Buffer.from('00'.repeat(32), 'hex');
    const digest = createHash('sha256').update('kms audit key\0').update(key).digest('hex');
    assert.equal(sealingKeyId(key), digest.slice(0, 32));
    assert.notEqual(signingKeyId(key), sealingKeyId(key));
  });
});
