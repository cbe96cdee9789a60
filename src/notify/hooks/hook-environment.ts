// The environment of a hook: a few KMS_… variables that describe the event, and of our own variables only those that
// programs need to run. Those with which it finds the store are added by run-hook.ts.
import { headText } from '../../report/audit/head-text.js';
import type { KmsEvent } from '../../report/events.js';
import type { ChainHead } from '../../store/own/chain/chain-details.js';

/** Everything else may hold secrets. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TZ', 'TMPDIR'];

export function hookEnvironment(
  event: KmsEvent,
  attempt: number,
  ours: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept = Object.entries(ours).filter(
    ([name]) => PASSED_ON.includes(name) || name.startsWith('LC_'),
  );
  const { data } = event;
  const described = {
    KMS_EVENT: event.type.replace(/^kms\./, ''),
    KMS_EVENT_ID: event.id,
    KMS_ATTEMPT: String(attempt),
    KMS_RUN_ID: data.runId,
    KMS_STORE_NAME: data.store,
    KMS_UID: 'uid' in data ? data.uid : null,
    KMS_REPLACEMENT_UID: 'replacementUid' in data ? data.replacementUid : null,
    KMS_PUBLIC_KEY_REPLACEMENT_UID:
      'publicKeyReplacementUid' in data ? data.publicKeyReplacementUid : null,
    KMS_REASON: 'error' in data && data.error !== null ? data.error.reason : null,
    KMS_EXIT_CODE: 'exitCode' in data ? String(data.exitCode) : null,
    KMS_AUDIT_HEADS: 'auditHeads' in data ? headsText(data.auditHeads) : null,
  };
  return Object.fromEntries(
    [...kept, ...Object.entries(described)].filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    ),
  );
}

function headsText(heads: readonly ChainHead[] = []): string | null {
  return heads.length === 0 ? null : heads.map(headText).join(' ');
}
