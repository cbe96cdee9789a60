// Records faults of the store itself that a run notices in passing; `kms doctor` looks for all of them.
import { storeWithoutId } from '../report/store-notices.js';
import { recordFaults, type Fault, type FaultsContext } from './record-faults.js';
import type { RunContext } from './context.js';

/** Clocks that differ by more are corrected by nobody. */
const MOST_SECONDS_APART = 60;

export interface NoticedInPassing {
  /** What is said of a key encryption key that is not there. */
  readonly kekNotice: string | null;
}

/** Every run looks at the same things, so what it does not see is over. */
export async function recordStoreHealth(
  context: FaultsContext & Pick<RunContext, 'store' | 'clockAheadSeconds'>,
  noticed: NoticedInPassing,
): Promise<void> {
  await recordFaults(context, 'store-health', faultsOf(context, noticed), () => 'in-order');
}

function faultsOf(
  { store, clockAheadSeconds }: Pick<RunContext, 'store' | 'clockAheadSeconds'>,
  { kekNotice }: NoticedInPassing,
): readonly Fault[] {
  const { missingIndexes, identity } = store;
  const ahead = clockAheadSeconds;
  const where = ahead > 0 ? 'ahead of' : 'behind';
  return [
    ...(missingIndexes.length === 0
      ? []
      : [
          fault('indexes', 'IndexMissing', {
            message: `indexes are missing, or cannot be used: ${missingIndexes.join(', ')}; runs read every row`,
            hint: 'run kms init, which builds them',
          }),
        ]),
    ...(identity.id === null
      ? [
          fault('store id', 'StoreWithoutId', {
            message: storeWithoutId(identity),
            hint: 'run kms init, and grant what kms init --print-grants prints, or set store.name',
          }),
        ]
      : []),
    ...(kekNotice === null
      ? []
      : [
          fault('key encryption key', 'KeyEncryptionKeyMissing', {
            message: kekNotice,
            hint: 'kms config show says where the setting comes from',
          }),
        ]),
    ...(Math.abs(ahead) <= MOST_SECONDS_APART
      ? []
      : [
          fault('clocks', 'ClocksApart', {
            message: `the clock of this host was ${Math.abs(ahead)} seconds ${where} the database’s; from 300 on nothing is rotated`,
            hint: 'set both clocks (NTP)',
          }),
        ]),
  ];
}

function fault(
  subject: string,
  reason: string,
  words: { readonly message: string; readonly hint: string },
): Fault {
  return { kind: 'store-health', subject, reason, ...words };
}
