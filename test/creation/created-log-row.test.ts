// The row of the log about what kms makes on request.
import assert from 'node:assert/strict';
import { createdLogRow } from '../../src/creation/created-log-row.js';

describe('created-log-row', () => {
  it('says who made what, when, and with which policy', () => {
    const identity = { host: 'h', osUser: 'o', version: '1' };
    const creator = { runId: 'run', identity, now: Date.UTC(2026) / 1000 };
    const key = { uid: 'k', owner: 'admin', initialDate: 0, name: null, tags: [] };
    const policy = { intervalSeconds: 86_400, offsetSeconds: null, keyset: true };
    const { row } = createdLogRow(creator, { ...key, ...policy });
    const { uid, outcome, message, at, os_user: user } = row;
    assert.deepEqual(
      { uid, outcome, message, at, user },
      {
        ...{ uid: 'k', outcome: 'created', message: 'policy: 1d, keyset k' },
        ...{ at: '2026-01-01T00:00:00Z', user: 'o' },
      },
    );
  });
});
