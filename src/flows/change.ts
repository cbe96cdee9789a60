// What a flow takes and returns: the rows to create and to replace, and what the report needs to know.
// store/apply.ts writes them in one transaction; flows write nothing.
import type { GeneratedPair } from '../crypto/keys/generate-key-pair.js';
import type { PairKind } from '../crypto/keys/pair-kind.js';
import type { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { ManagedObject, ObjectRow } from '../kmip/managed-object.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';

export type FlowName =
  'plain' | 'wrapping' | 'wrapped' | 'wrapped+wrapping' | 'key-pair' | 'certificate';

/** The key encryption key of a server, which stands in the store that it wraps (storage format §5.7). */
export interface ServerKek {
  /** Its uid by the configuration; `none` if there is none, null if nothing is said. */
  readonly uid: string | null;
  /** Whether it may be rotated: the server must be told of its successor. */
  readonly mayBeRotated: boolean;
}

/** What an operation needs besides its subject. */
export interface RotationContext {
  readonly now: EpochSeconds;
  readonly firstDeadline: FirstDeadlineRule;
  /** Leaves the replacement without a schedule. */
  readonly disarm: boolean;
  readonly serverKek: ServerKek;
  /** Objects whose bytes name a wrapping key that their column does not name. */
  readonly wrappingKeyMismatches: readonly {
    readonly uid: string;
    readonly wrappingKeyUid: string;
  }[];
  /** Whether the certificates of a pair are issued anew for its replacement; else such a pair is left alone. */
  readonly withCertificates: boolean;
  /** Active certificates and the uids that they link to; looked for where there are pairs to rotate. */
  readonly certificates: readonly CertificateLinks[];
  /** Private keys whose public key is not called after them; looked for where there are pairs to rotate. */
  readonly publicKeyLinks: readonly PublicKeyLink[];
  /** Certificates that wrap something, Active or not; looked for where there are pairs to rotate. */
  readonly wrappingCertificates: readonly CertificateLinks[];
  /**
   * Returns the Active certificates whose subject is this name, as DER has it, with what surrounds them; looked
   * for only where no link leads to the issuer of a certificate.
   */
  readonly issuersNamed: (name: Buffer) => Promise<RelatedObjects>;
  /** A random uid (UUID version 4) for an object outside any keyset. */
  readonly newUid: () => string;
  /** Makes a pair, which takes time; whoever asks wipes it. */
  readonly newPair: (kind: PairKind) => Promise<GeneratedPair>;
}

export interface CertificateLinks {
  readonly uid: string;
  readonly linkedUids: readonly string[];
}

export interface PublicKeyLink {
  readonly uid: string;
  readonly publicUid: string;
}

export type Change =
  | {
      readonly kind: 'create';
      readonly row: ObjectRow;
      /** The tag that its type must have in the `tags` table, whatever it is copied from. */
      readonly systemTag: string;
      /** The uid whose tags and grants it is given, as they are when it is written. */
      readonly replacedUid: string;
      /** Uids that must be Active when it is written: what signed a certificate. */
      readonly lockedUids?: readonly string[];
    }
  | ({ readonly kind: 'replace' } & RowReplacement)
  /** Written only if nothing is left that it wraps. */
  | ({ readonly kind: 'retire' } & RowReplacement);

export interface RowReplacement {
  /** As it was read; the write is refused if the row is no longer so. */
  readonly before: ObjectRow;
  readonly after: ObjectRow;
}

/** What a retired wrapping key leaves behind, and how each of it is wrapped anew. */
export interface Rewrapping {
  /** The uids by which dependants may name the key: its own, and that of its other half. */
  readonly wrappingKeyUids: readonly string[];
  /** What is retired along with it is no dependant, whatever its column says: its bytes name another key, or none. */
  readonly retiredUids: readonly string[];
  /** Dependants whose column does not name it, though their bytes do. */
  readonly wrappingKeyMismatches: readonly string[];
  /**
   * Returns the row of a dependant under the replacement, given which of these uids its bytes name; null if
   * they name another key, or none.
   *
   * @throws KmsError DependantNotRewrapped, naming it and why.
   */
  readonly rewrap: (dependant: ManagedObject | KmsError, named: string | null) => RowReplacement;
  /** Wipes the keys; it is of no use after. */
  readonly wipe: () => void;
}

/** One object's rotation, ready to be written wholly or not at all. */
export interface Rotation {
  readonly uid: string;
  readonly flow: FlowName;
  readonly replacementUid: string;
  /** Of a pair, which is told by its private key. */
  readonly publicKeyUid?: string;
  readonly publicKeyReplacementUid?: string;
  /** Whether its uid follows from a Rotate Name, and is not random. */
  readonly inKeyset: boolean;
  readonly generation: number;
  readonly nextDeadline: EpochSeconds | null;
  readonly changes: readonly Change[];
  /** Null where nothing is wrapped by the replaced object. */
  readonly rewrapping: Rewrapping | null;
  /** What the operator must know or do, besides. */
  readonly notices: readonly string[];
}
