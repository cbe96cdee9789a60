// What doctor may decide about a rotation that was never finished, and the words for it.
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { AgeOptions } from './age.js';
import type { Generation, Leftover } from './unfinished-rotation.js';
import { quoted } from '../../text/phrases.js';

export interface SettlementOptions extends AgeOptions {
  readonly now: EpochSeconds;
  /** Uids that somebody has chosen to keep. */
  readonly keep: readonly string[];
}

export type Decision =
  | {
      readonly kind: 'settle';
      /** The leftover, or what is named or logged, that replaces the object; null if it stays as it is. */
      readonly keep: 'successor' | Leftover | null;
      /** Whether the kept one gets policy, tags and grants of the replaced object. */
      readonly inherits: boolean;
      readonly rollBack: readonly Leftover[];
      readonly why: string;
    }
  | {
      readonly kind: 'told';
      readonly code: 'unfinished-rotation' | 'fork';
      readonly why: string;
    }
  | { readonly kind: 'too-young'; readonly why: string };

export const CHOOSE = 'say which one to keep with --keep UID';

export function told(why: string): Decision {
  return { kind: 'told', code: 'unfinished-rotation', why };
}

export function nameOf({ made }: Leftover): string {
  return uidOf(made);
}

export function uidOf({ key }: Generation): string {
  return quoted(key.uniqueIdentifier);
}
