// Addresses of keyset members by the table of storage format §6.2, whom they mean given the members of
// the keyset, and the uid of the next generation (§6.4).
import assert from 'node:assert/strict';
import {
  assertUnambiguousKeyset,
  latestMember,
  nextUid,
  parseAddress,
  uidOfAddress,
  type KeysetMember,
} from '../../src/rotation/keyset.js';

const UUID = '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01';

const member = (
  uid: string,
  generation: number | null,
  owner: string | null = 'ops',
): KeysetMember => ({ uid, owner, generation, state: 'Active', protectsUntil: null });

const INVOICES = [member('invoices', 0), member('invoices@2', 2), member('invoices@1', 1)];

const resolve = (text: string, members: readonly KeysetMember[]) =>
  uidOfAddress(text, parseAddress(text), members);

describe('keyset', () => {
  describe('parseAddress: plain uids', () => {
    const uids = [
      UUID,
      UUID.toUpperCase(),
      `${UUID}@latest`,
      `${UUID}@1`,
      `${UUID}@`,
      `${UUID}@some\nthing`,
      'hsm::0::key',
      'hsm::0::key@latest',
    ];
    for (const uid of uids) {
      it(JSON.stringify(uid), () => {
        assert.deepEqual(parseAddress(uid), { kind: 'uid', uid });
      });
    }
  });

  describe('parseAddress: members that must be there', () => {
    const table: [text: string, keyset: string, generation: number | 'latest'][] = [
      ['invoices@latest', 'invoices', 'latest'],
      ['invoices@first', 'invoices', 0],
      ['invoices@0', 'invoices', 0],
      ['invoices@17', 'invoices', 17],
      ['two words@1', 'two words', 1],
      ['two\nlines@1', 'two\nlines', 1],
      ['ops@example.org@3', 'ops@example.org', 3],
      ['@@1', '@', 1],
      ['-x@latest', '-x', 'latest'],
      [`${UUID}x@1`, `${UUID}x`, 1],
      ['clé 😀@first', 'clé 😀', 0],
    ];
    for (const [text, keyset, generation] of table) {
      it(JSON.stringify(text), () => {
        const expected = { kind: 'member', keyset, generation, explicit: true };
        assert.deepEqual(parseAddress(text), expected);
      });
    }
  });

  describe('parseAddress: a keyset by its bare name, else a plain uid', () => {
    const texts =
      'invoices name@somethingelse name@-1 name@1.0 name@ @ @latest @1 name@LATEST a@b@c';
    for (const text of [...texts.split(' '), 'two words', ' ', 'name@1\n', `${UUID}_pk`]) {
      it(JSON.stringify(text), () => {
        const expected = { kind: 'member', keyset: text, generation: 'latest', explicit: false };
        assert.deepEqual(parseAddress(text), expected);
      });
    }
  });

  describe('resolveAddress', () => {
    const table: [text: string, uid: string][] = [
      ['invoices', 'invoices@2'],
      ['invoices@latest', 'invoices@2'],
      ['invoices@first', 'invoices'],
      ['invoices@0', 'invoices'],
      ['invoices@1', 'invoices@1'],
    ];
    for (const [text, uid] of table) {
      it(`${text} means ${uid}`, () => {
        assert.equal(resolve(text, INVOICES), uid);
      });
    }

    it('a text that names no keyset means the object of just that uid', () => {
      for (const text of ['invoices', 'invoices@1', 'invoices@latest', 'name@somethingelse', '@']) {
        assert.equal(resolve(text, []), text);
      }
    });

    it('a plain uid is never looked for among members', () => {
      const members = [member('other', 0), member('another', 1)];
      assert.equal(resolve(`${UUID}@1`, members), `${UUID}@1`);
    });

    it('a generation that the keyset does not have is unknown', () => {
      assert.throws(() => resolve('invoices@3', INVOICES), {
        reason: 'UnknownUid',
        uid: 'invoices@3',
      });
      const laterOnly = [member('invoices@4', 4)];
      assert.throws(() => resolve('invoices@first', laterOnly), { reason: 'UnknownUid' });
    });

    it('two owners of one name are ambiguous, by any address', () => {
      const members = [...INVOICES, member('invoices-of-bob', 0, 'bob')];
      for (const text of ['invoices', 'invoices@latest', 'invoices@0', 'invoices@1']) {
        assert.throws(() => resolve(text, members), { reason: 'AmbiguousKeyset' });
      }
    });

    it('a member whose generation cannot be read makes every address fail, naming it', () => {
      assert.throws(() => resolve('invoices@1', [...INVOICES, member('broken', null)]), {
        reason: 'MalformedObject',
        uid: 'broken',
      });
    });
  });

  it('assertSoundKeyset takes one owner, or no members at all', () => {
    assert.doesNotThrow(() => {
      assertUnambiguousKeyset('invoices', INVOICES);
      assertUnambiguousKeyset('invoices', []);
    });
    const members = [member('a', 0, null), member('b', 1, 'ops')];
    assert.throws(
      () => {
        assertUnambiguousKeyset('invoices', members);
      },
      { reason: 'AmbiguousKeyset' },
    );
  });

  it('latestOf is the highest generation, in whatever order they come', () => {
    assert.equal(latestMember([]), undefined);
    for (const members of [INVOICES, [...INVOICES].reverse()]) {
      assert.equal(latestMember(members)?.uid, 'invoices@2');
    }
    assert.equal(latestMember([member('x@9', 9), member('x@10', 10)])?.uid, 'x@10');
  });

  it('nextUid counts on from the generation (storage format §6.4)', () => {
    assert.equal(nextUid('invoices', 0), 'invoices@1');
    assert.equal(nextUid('two words', 9), 'two words@10');
    assert.equal(parseAddress(nextUid('invoices', 4)).kind, 'member');
  });
});
