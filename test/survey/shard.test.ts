// Shards are disjoint, complete and stable; another program can compute them by what the manual says.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KmsError } from '../../src/errors.js';
import { isInShard, parseShard } from '../../src/survey/shard.js';
import { anyText } from '../support/any-text.js';

describe('isInShard', () => {
  it('puts each uid into one of N shards', () => {
    const uids = fc.oneof(anyText(), fc.uuid());
    fc.assert(
      fc.property(uids, fc.integer({ min: 1, max: 50 }), (uid, of) => {
        const indexes = Array.from({ length: of }, (_, index) => index);
        assert.equal(indexes.filter((index) => isInShard(uid, { index, of })).length, 1);
      }),
    );
  });

  it('goes by the first four bytes of the SHA-256 of the uid in UTF-8, big-endian', () => {
    // printf %s UID | sha256sum
    for (const [uid, number] of [
      ['abc', 0xba7816bf],
      ['schlüssel', 0xccec7a8e],
      ['😀', 0xf0443a34],
    ] as const) {
      for (const of of [1, 2, 3, 7, 64])
        assert.ok(isInShard(uid, { index: number % of, of }), `${uid} of ${of}`);
    }
  });

  it('gives each shard about as much', () => {
    const counts = [0, 0, 0, 0];
    for (let number = 0; number < 4000; number += 1) {
      const index = counts.findIndex((_, at) => isInShard(`key-${number}`, { index: at, of: 4 }));
      counts[index]! += 1;
    }
    for (const count of counts) assert.ok(count > 900 && count < 1100, counts.join());
  });
});

describe('parseShard', () => {
  it('takes I/N with I from 0 to N-1', () => {
    assert.deepEqual(parseShard('0/1'), { index: 0, of: 1 });
    assert.deepEqual(parseShard('2/3'), { index: 2, of: 3 });
  });

  for (const text of [
    '3/3',
    '4/3',
    '0/0',
    '-1/3',
    '1/-3',
    'a/b',
    '1',
    '1/',
    '/3',
    '1/3/5',
    '',
    '1.0/3',
    '0x1/3',
    ' 1/3',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseShard(text),
        (error) => error instanceof KmsError && error.reason === 'InvalidArgument',
      );
    });
  }
});
