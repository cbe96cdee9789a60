// The summary of objects beside their uids, of which a run holds those of every result.
import assert from 'node:assert/strict';
import { decodeOrError } from '../../src/store/find/rows.js';
import { objectSummariesByUid, objectSummaryOf } from '../../src/report/object-summary.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

describe('the facts of several objects', () => {
  const candidates = [
    aSymmetricKey({ uid: 'a', owner: 'ops@example.org' }),
    aSymmetricKey({ uid: 'b', owner: 'ops@example.org' }),
    aSymmetricKey({ uid: 'c', owner: 'dev@example.org' }),
  ].map((row) => ({ row, object: decodeOrError(row) }));
  const objectSummary = objectSummariesByUid(candidates);

  it('are those of each', () => {
    assert.deepEqual(
      [...objectSummary],
      candidates.map((candidate) => [candidate.row.id, objectSummaryOf(candidate)]),
    );
  });

  it('are one object where they are equal', () => {
    assert.equal(objectSummary.get('a'), objectSummary.get('b'));
    assert.notEqual(objectSummary.get('a'), objectSummary.get('c'));
  });
});
