// What is told of objects beside their uids, of which a run holds those of every result.
import assert from 'node:assert/strict';
import { decodeOrReason } from '../../src/store/find/rows.js';
import { factsByUid, factsOf } from '../../src/report/object-facts.js';
import { aSymmetricKey } from '../support/store.js';

describe('the facts of several objects', () => {
  const subjects = [
    aSymmetricKey({ uid: 'a', owner: 'ops@example.org' }),
    aSymmetricKey({ uid: 'b', owner: 'ops@example.org' }),
    aSymmetricKey({ uid: 'c', owner: 'dev@example.org' }),
  ].map((row) => ({ row, object: decodeOrReason(row) }));
  const facts = factsByUid(subjects);

  it('are those of each', () => {
    assert.deepEqual(
      [...facts],
      subjects.map((subject) => [subject.row.id, factsOf(subject)]),
    );
  });

  it('are one object where they are equal', () => {
    assert.equal(facts.get('a'), facts.get('b'));
    assert.notEqual(facts.get('a'), facts.get('c'));
  });
});
