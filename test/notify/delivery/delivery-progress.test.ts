// The progress of a destination: what is counted after each message, and when the run stops sending to it.
import assert from 'node:assert/strict';
import {
  afterOutboxFailure,
  afterResult,
  afterSent,
  deliveriesOf,
  NO_PROGRESS,
  type DeliveryProgress,
} from '../../../src/notify/delivery/delivery-progress.js';
import { ACCEPTED, failed, refused, unavailable } from '../../../src/notify/destination.js';
import type { Settlement } from '../../../src/store/own/outbox.js';

const SENT: Settlement = { state: 'sent', at: 1 };
const waiting = (error: string): Settlement => ({ state: 'waiting', nextAttemptAt: 2, error });
const givenUp = (error: string): Settlement => ({ state: 'given-up', at: 1, error });

const failedOnce = (progress: DeliveryProgress) =>
  afterResult(progress, failed('no'), [waiting('no')]);

describe('the progress of a destination', () => {
  it('counts notifications, each by its settlement', () => {
    const mixed = afterResult(NO_PROGRESS, failed('no'), [waiting('no'), givenUp('no')]);
    assert.deepEqual(deliveriesOf('webhook a', afterSent(mixed, 3)), {
      accepted: 3,
      reached: ['webhook a'],
      failed: 1,
      givenUp: 1,
      problems: [{ destination: 'webhook a', message: 'no' }],
    });
  });

  it('counts accepted notifications only once they are recorded as sent', () => {
    const { accepted } = afterResult(NO_PROGRESS, ACCEPTED, [SENT]);
    assert.equal(accepted, 0);
  });

  it('stops after three failed messages in a row, and an accepted one starts again from zero', () => {
    const two = failedOnce(failedOnce(NO_PROGRESS));
    assert.deepEqual([two.stopped, failedOnce(two).stopped], [false, true]);
    const again = afterResult(two, ACCEPTED, [SENT]);
    assert.equal(failedOnce(failedOnce(again)).stopped, false);
  });

  it('stays stopped when a message that was already on its way is accepted', () => {
    const stopped = failedOnce(failedOnce(failedOnce(NO_PROGRESS)));
    assert.equal(afterResult(stopped, ACCEPTED, [SENT]).stopped, true);
  });

  it('does not stop after refused messages', () => {
    const refusals = [1, 2, 3, 4].reduce(
      (progress) => afterResult(progress, refused('HTTP 410'), [givenUp('HTTP 410')]),
      NO_PROGRESS,
    );
    assert.deepEqual([refusals.stopped, refusals.givenUp], [false, 4]);
  });

  it('stops the whole channel if the receiver is unavailable or the outbox fails', () => {
    const result = unavailable('HTTP 503', 90);
    const down = afterResult(NO_PROGRESS, result, [waiting('HTTP 503')]);
    assert.deepEqual([down.stopped, down.unavailable, down.retryAfterSeconds], [true, true, 90]);
    const broken = afterOutboxFailure(NO_PROGRESS, 'locked');
    assert.deepEqual([broken.stopped, broken.unavailable, broken.error], [true, true, 'locked']);
  });
});
