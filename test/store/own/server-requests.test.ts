// Requests to a server in the table that all runs share: one for each key, and each write only by the run that has it.
import assert from 'node:assert/strict';
import type { ServerRequest } from '../../../src/rotation/server/server-request.js';
import { describeEachDatabase } from '../../support/databases.js';
import { openSuiteStore } from '../../support/suite-store.js';

function aRequest(uid: string, runId: string, touchedAt = 1000): ServerRequest {
  const policy = { intervalSeconds: 60, offsetSeconds: null, automatic: true, keyset: null };
  return {
    ...{ uid, publicUid: null, operation: 'ReKey', step: 're-key', made: null, runId, touchedAt },
    intent: { owner: 'ops', policy, generation: 0, names: ['é'], tags: [], grants: [] },
    begunAt: 1000,
  };
}

describeEachDatabase('requests to a server', (database) => {
  const suite = openSuiteStore(database);

  it('are one for each key, whose uid counts letter by letter', async () => {
    const { store } = suite();
    const both = await Promise.all(
      ['a', 'b'].map((run) => store.beginRequests([aRequest('key', run), aRequest('KEY', run)])),
    );
    assert.deepEqual(
      both.flatMap((begun) => [...begun]).sort(),
      ['KEY', 'key'],
      'each by one of the two runs',
    );
    const [first] = await store.openRequests();
    assert.deepEqual(first?.intent, aRequest('key', 'a').intent);
    assert.equal((await store.beginRequests([aRequest('key', first.runId)])).size, 0);
  });

  it('are changed, taken over and ended by the run that has them', async () => {
    const { store } = suite();
    const request = aRequest('key', 'a');
    await store.beginRequests([request]);
    const made = { uid: 'new', publicUid: 'new_pk' };
    assert.equal((await store.changeRequests('b', [{ uid: 'key', made }], 2000)).size, 0);
    await store.changeRequests('a', [{ uid: 'key', made, step: 're-arm' }], 2000);
    const [changed] = await store.openRequests();
    assert.deepEqual(changed, { ...request, made, step: 're-arm', touchedAt: 2000 });
    assert.equal((await store.takeOverRequests([request], 'b', 3000)).size, 0, 'it was touched');
    assert.equal((await store.takeOverRequests([changed], 'b', 3000)).size, 1);
    await store.endRequests('a', ['key']);
    assert.equal((await store.openRequests()).length, 1);
    await store.endRequests('b', ['key']);
    assert.deepEqual(await store.openRequests(), []);
  });
});
