// A replaced object that stays Active until its overlap ends, as our own table has it. overlap.ts decides which ones do.
import type { EpochSeconds } from '../kmip/date-time.js';

/** The overlap of the objects that are replaced together. */
export interface Overlap {
  /** The object whose rotation began it: of a pair its private key. */
  readonly objectUid: string;
  readonly endsAt: EpochSeconds;
  /** Whether the rows say when it ends, as Deactivation Date. */
  readonly isDated: boolean;
}

/** A replaced object in its overlap. Our own table has it: a server’s cache may write the row back as it was. */
export interface RetiringObject extends Overlap {
  readonly uid: string;
  readonly replacementUid: string;
  /** The Deactivation Date that its row had before. */
  readonly ownEndAt: EpochSeconds | null;
}

/** How long what is replaced stays Active, in seconds; 0 if it does not. */
export interface OverlapSettings {
  /** What the command asks for, whatever a policy says; null if it leaves that to the policies. */
  readonly asked: number | null;
  /** Where neither the command nor a policy says anything. */
  readonly byDefault: number;
}

export const NO_OVERLAP: OverlapSettings = { asked: null, byDefault: 0 };
