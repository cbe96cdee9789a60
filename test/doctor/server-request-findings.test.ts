// What doctor and status tell of requests to the server that are not complete.
import assert from 'node:assert/strict';
import Status from '../../src/commands/status.js';
import type { ServerRequest } from '../../src/rotation/server/server-request.js';
import { runCommand, runJson } from '../support/command.js';
import { doctor } from '../support/doctor.js';
import { storeWith } from '../support/sqlite.js';
import { withStore } from '../support/store.js';
import { aSymmetricKey, JANUARY } from '../support/symmetric-keys.js';

function aRequest(uid: string, changes: Partial<ServerRequest> = {}): ServerRequest {
  return {
    ...{ uid, publicUid: null, operation: 'ReKey', step: 're-key', made: null, runId: 'a-run' },
    intent: {
      owner: 'ops',
      policy: { intervalSeconds: 2_592_000, offsetSeconds: 86_400, automatic: true, keyset: null },
      generation: 0,
      names: [],
      tags: ['_kk', 'env:prod'].map((tag) => ({ uid, tag })),
      grants: [{ uid, userid: 'bob', permissions: '["get"]' }],
    },
    ...{ begunAt: JANUARY, touchedAt: JANUARY },
    ...changes,
  };
}

describe('requests to the server that are not complete', () => {
  let store: string;
  before(async () => {
    store = await storeWith([aSymmetricKey({ uid: 'key' })]);
    const made = { uid: 'new', publicUid: null };
    await withStore(store, (opened) =>
      opened.beginRequests([aRequest('key'), aRequest('half', { step: 'unfinished', made })]),
    );
  });

  it('are findings of doctor: a note, or an error if the server did not finish', async () => {
    const { findings } = await doctor(store, ['--only', 'server-request']);
    assert.deepEqual(
      findings.map(({ uids, severity }) => [uids.join(' '), severity]),
      [
        ['half new', 'error'],
        ['key', 'note'],
      ],
    );
    const [half] = findings;
    assert.match(
      half?.message ?? '',
      /policy 30d, offset 1d; owner ops; tags env:prod; grants bob \["get"\]/,
    );
  });

  it('are in kms status', async () => {
    const { stdout } = await runCommand(Status, store, []);
    assert.match(stdout, /the server made "new" of "half" since .* and did not finish/);
    const { document } = await runJson(Status, store, []);
    const { requests } = document as { requests: Record<string, unknown>[] };
    const told = requests.map(({ uid, step, replacementUid }) =>
      [uid, step, replacementUid].join(' '),
    );
    assert.deepEqual(told.sort(), ['half unfinished new', 'key re-key ']);
  });
});
