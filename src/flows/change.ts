// What a flow returns: the rows to create and to replace, and what the report needs to know. store/apply.ts writes them
// in one transaction; flows write nothing.
import type { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { ManagedObject, ObjectRow } from '../kmip/managed-object.js';
import type { RetiringObject } from '../rotation/retiring-object.js';
import type { PolicyView } from '../rotation/policy-text.js';

export type FlowName =
  'plain' | 'wrapping' | 'wrapped' | 'wrapped+wrapping' | 'key-pair' | 'certificate' | 'server';

export type Change =
  | {
      readonly kind: 'create';
      readonly row: ObjectRow;
      /** The tag that objects of its type must have in the `tags` table. */
      readonly systemTag: string;
      /** The object whose tags and grants it gets, as they are when it is written. */
      readonly replacedUid: string;
      /** Uids that must be Active when it is written: what signed a certificate. */
      readonly lockedUids?: readonly string[];
    }
  | ({
      readonly kind: 'replace';
      /** Objects whose tags and grants it gets, besides its own. */
      readonly heirOf?: readonly string[];
    } & RowReplacement)
  /** The replaced object stays Active until its overlap ends. */
  | ({ readonly kind: 'begin-overlap'; readonly retiring: RetiringObject } & RowReplacement)
  /** Written only if it wraps nothing any more. */
  | ({ readonly kind: 'retire' } & RowReplacement);

export interface RowReplacement {
  /** As it was read; the write is refused if the row has changed since. */
  readonly before: ObjectRow;
  readonly after: ObjectRow;
}

/** The dependants of a retired wrapping key, and how each is re-wrapped. */
export interface Rewrapping {
  /** The uids by which dependants may name the key: its own and, of a pair, its counterpart’s. */
  readonly wrappingKeyUids: readonly string[];
  /** Objects that are retired with it. They are no dependants, whatever their column says. */
  readonly retiredUids: readonly string[];
  /** Dependants whose bytes name it, but not their column. */
  readonly wrappingKeyMismatches: readonly string[];
  /**
   * Returns the row of a dependant under the replacement, given which of these uids its bytes name; null if
   * they name another key, or none.
   *
   * @throws KmsError DependantNotRewrapped, naming it and why.
   */
  readonly rewrap: (dependant: ManagedObject | KmsError, named: string | null) => RowReplacement;
  /** Wipes the keys. Nothing can be re-wrapped after that. */
  readonly wipe: () => void;
}

/** When an issuer's certificate ends, and those that it issued with it. */
export interface CertificateEnd {
  readonly issuerUid: string;
  readonly notAfter: EpochSeconds;
}

/** The rotation of one object, ready to be written completely or not at all. */
export interface Rotation {
  readonly uid: string;
  readonly flow: FlowName;
  readonly replacementUid: string;
  /** Of a pair, whose uid is its private key’s. */
  readonly publicKeyUid?: string;
  readonly publicKeyReplacementUid?: string;
  /** Whether its uid comes from a Rotate Name; otherwise it is random. */
  readonly inKeyset: boolean;
  readonly generation: number;
  readonly nextDeadline: EpochSeconds | null;
  /** Of the replacement. */
  readonly policy: PolicyView;
  /** Of a certificate whose replacement ends no later than it does: the issuer that ends with it. */
  readonly endsWithIssuer?: CertificateEnd | null;
  readonly changes: readonly Change[];
  /** Null if the replaced object wraps nothing. */
  readonly rewrapping: Rewrapping | null;
  /** What the operator must know or do. */
  readonly notices: readonly string[];
}
