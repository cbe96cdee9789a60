// What a flow is given besides its candidate: the time, settings, lookups, new uids and new pairs. run/load-batch.ts
// fills it.
import type { EpochSeconds } from '../kmip/date-time.js';
import type { EndOptions } from '../rotation/ends.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import type { OverlapSettings } from '../rotation/retiring-object.js';
import type { ServerKek } from './server-kek.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import type { PairKind } from '../crypto/keys/pair-kind.js';
import type { GeneratedPair } from '../crypto/keys/generate-key-pair.js';

/** What an operation needs besides its candidate. */
export interface RotationContext {
  readonly now: EpochSeconds;
  readonly firstDeadline: FirstDeadlineRule;
  /** Of each candidate, with its own options in place of the settings: see prepare-rotation.ts. */
  readonly ends: EndOptions;
  readonly overlap: OverlapSettings;
  /** Replaced objects that are in their overlap: they are in use no more than their heads let them. */
  readonly retiringUids: ReadonlySet<string>;
  /** Leaves the replacement without a schedule. */
  readonly disarm: boolean;
  readonly serverKek: ServerKek;
  /** Objects whose bytes name a wrapping key that their column does not name. */
  readonly wrappingKeyMismatches: readonly {
    readonly uid: string;
    readonly wrappingKeyUid: string;
  }[];
  /**
   * Whether the certificates of a pair are renewed for its replacement; otherwise the rotation of such a pair fails.
   */
  readonly withCertificates: boolean;
  /** Active certificates and the uids that they link to; empty without pairs to rotate. */
  readonly certificates: readonly CertificateLinks[];
  /** Private keys whose public key does not have the usual uid; empty without pairs to rotate. */
  readonly publicKeyLinks: readonly PublicKeyLink[];
  /** Certificates that wrap something, Active or not; empty without pairs to rotate. */
  readonly wrappingCertificates: readonly CertificateLinks[];
  /**
   * Returns the Active certificates whose subject is this name, as DER has it, with their related
   * objects. Called only if no link leads to the issuer of a certificate.
   */
  readonly issuersNamed: (name: Buffer) => Promise<RelatedObjects>;
  /** A random uid (UUID version 4) for an object outside any keyset. */
  readonly newUid: () => string;
  /** Makes a pair, which takes time. The caller wipes it. */
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
