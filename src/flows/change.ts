// What a flow takes and returns: the rows to create and to replace, and what the report needs to know.
// store/apply.ts writes them in one transaction; flows write nothing.
import type { EpochSeconds } from '../kmip/date-time.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import type { FirstDeadlineRule } from '../rotation/schedule.js';

export type FlowName =
  'plain' | 'wrapping' | 'wrapped' | 'wrapped+wrapping' | 'key-pair' | 'certificate';

/** What an operation needs besides its subject. */
export interface Occasion {
  readonly now: EpochSeconds;
  readonly firstDeadline: FirstDeadlineRule;
  /** Leaves the replacement without a schedule. */
  readonly disarm: boolean;
  /** A random uid (UUID version 4) for an object outside any keyset. */
  readonly newUid: () => string;
}

export type Change =
  | {
      readonly kind: 'create';
      readonly row: ObjectRow;
      /** The tag that its type must have in the `tags` table, whatever it is copied from. */
      readonly systemTag: string;
      /** The uid whose tags and grants it is given, as they are when it is written. */
      readonly successorOf: string;
    }
  | {
      readonly kind: 'replace';
      /** As it was read; the write is refused if the row is no longer so. */
      readonly before: ObjectRow;
      readonly after: ObjectRow;
    };

/** One object's rotation, ready to be written wholly or not at all. */
export interface Rotation {
  readonly uid: string;
  readonly flow: FlowName;
  readonly replacementUid: string;
  /** Whether its uid follows from a Rotate Name, and is not random. */
  readonly inKeyset: boolean;
  readonly generation: number;
  readonly nextDeadline: EpochSeconds | null;
  readonly changes: readonly Change[];
}
