// The row of the log about a key or a certificate that kms makes on request.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import { policyMessage } from '../rotation/policy-text.js';
import type { NewObject } from '../flows/new-object.js';
import type { OwnRow } from '../store/own/our-tables.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';

/** Who makes an object, and when. */
export interface Creator {
  readonly runId: string;
  readonly identity: Pick<LogEntry, 'host' | 'osUser' | 'version'>;
  readonly now: EpochSeconds;
}

/** Its message is the policy, as of a rotation. */
export function createdLogRow(
  { runId, identity, now }: Creator,
  { uid, intervalSeconds, offsetSeconds, keyset }: NewObject,
): OwnRow {
  const policy = { intervalSeconds, offsetSeconds, automatic: null, keyset: keyset ? uid : null };
  return logRow({
    ...identity,
    runId,
    at: formatInstant(now),
    durationMs: 0,
    uid,
    replacementUid: null,
    flow: null,
    outcome: 'created',
    reason: null,
    message: policyMessage(policy),
  });
}
