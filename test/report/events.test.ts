// Events as they are sent: each is valid by the published schema, whatever it is about, and tells of no material.
import assert from 'node:assert/strict';
import { failedEvent } from '../../src/report/condition-events.js';
import { eventKindOf } from '../../src/report/events.js';
import { EVENT_KINDS } from '../../src/settings/event-kinds.js';
import { objectSummaryOf, UNKNOWN_OBJECT } from '../../src/report/object-summary.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import { notificationListJson } from '../../src/notify/notification-json.js';
import { anOrigin, oneOfEach, rotated } from '../support/events.js';
import { schemaErrors } from '../support/schema.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';

describe('an event', () => {
  for (const event of oneOfEach()) {
    it(`${event.type} is a CloudEvent that its schema knows`, () => {
      assert.deepEqual(schemaErrors('event', JSON.parse(JSON.stringify(event))), []);
    });
  }

  it('is of one of the kinds that rules speak of, a test aside', () => {
    const kinds = oneOfEach().map(eventKindOf);
    assert.deepEqual(kinds.filter((kind) => kind !== null).sort(), [...EVENT_KINDS].sort());
    assert.equal(kinds.filter((kind) => kind === null).length, 1);
  });

  for (const event of oneOfEach()) {
    it(`${event.type} may wait in the list of notifications`, () => {
      const notification = {
        ...{ id: 1, eventId: event.id, eventType: event.type, destination: 'mail a@b.c' },
        ...{ runId: event.data.runId, uid: event.subject ?? null, payload: '', createdAt: 0 },
        ...{ attempts: 0, nextAttemptAt: 0, isClaimed: false, lastError: null, settledAt: null },
        state: 'waiting' as const,
      };
      const document = notificationListJson([notification], new Set());
      assert.deepEqual(schemaErrors('notify-list', document), []);
    });
  }

  it('is valid of an object that cannot be read', () => {
    const error = { reason: 'MalformedObject', message: 'it is no JSON' } as const;
    const about = { uid: '😀', objectSummary: UNKNOWN_OBJECT, flow: null, error };
    assert.deepEqual(schemaErrors('event', failedEvent(anOrigin({ host: 'a b/c' }), about)), []);
  });

  it('has a member for each thing that its schema asks for', () => {
    const { data, ...rest } = rotated();
    assert.notDeepEqual(schemaErrors('event', { ...rest, data: { uid: data.uid } }), []);
  });
});

describe('the events of an object', () => {
  it('is owner, type, algorithm and the tags of its user', () => {
    const row = aSymmetricKey({ tags: ['env:prod'] });
    assert.deepEqual(objectSummaryOf({ row, object: decodeRow(row) }), {
      owner: 'ops@example.org',
      objectType: 'SymmetricKey',
      algorithm: 'AES',
      tags: ['env:prod'],
    });
  });
});
