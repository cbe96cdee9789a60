// What one run remembers from batch to batch, in one place: lookups that read many rows, and what it has retired.
// survey/ looks up; the callers decide when a lookup is out of date.
import { conditionKey } from '../conditions/condition.js';
import type { Store } from '../store/store.js';
import { certificatesBySubject } from '../survey/certificate-issuers.js';
import { certificateLinks } from '../survey/certificate-links.js';
import { foreignPublicKeyLinks } from '../survey/public-key-links.js';
import { cached } from './cached.js';
import type { RotationContext } from '../flows/rotation-context.js';

/** What the lookups read. */
export type RunStateStore = Pick<
  Store,
  | 'findWrappingKeyMismatches'
  | 'findActiveCertificates'
  | 'findForeignPublicKeyLinks'
  | 'loadRelated'
  | 'openConditions'
>;

/** Each lookup is made when it is first asked for, and again only if it failed or was invalidated. */
export interface RunState {
  readonly wrappingKeyMismatches: () => Promise<RotationContext['wrappingKeyMismatches']>;
  readonly certificates: () => Promise<RotationContext['certificates']>;
  /** Makes the next `certificates` read the store again. */
  readonly invalidateCertificates: () => void;
  readonly publicKeyLinks: () => Promise<RotationContext['publicKeyLinks']>;
  readonly issuersNamed: RotationContext['issuersNamed'];
  /** Returns the keys of conditions that held when it was first asked. */
  readonly conditionKeys: () => Promise<ReadonlySet<string>>;
  /** Remembers objects that were retired together with another one: a certificate may go with its pair. */
  readonly retire: (uids: readonly string[]) => void;
  readonly isRetired: (uid: string) => boolean;
}

export function newRunState(store: RunStateStore): RunState {
  const wrappingKeyMismatches = cached(() => store.findWrappingKeyMismatches());
  const certificates = cached(() => certificateLinks(store));
  const publicKeyLinks = cached(() => foreignPublicKeyLinks(store));
  const bySubject = cached(() => certificatesBySubject(store));
  const conditions = cached(async () => new Set((await store.openConditions()).map(conditionKey)));
  const retired = new Set<string>();
  return {
    wrappingKeyMismatches: wrappingKeyMismatches.get,
    certificates: certificates.get,
    invalidateCertificates: certificates.invalidate,
    publicKeyLinks: publicKeyLinks.get,
    issuersNamed: async (name) =>
      store.loadRelated((await bySubject.get()).get(name.toString('hex')) ?? []),
    conditionKeys: conditions.get,
    retire: (uids) => {
      for (const uid of uids) retired.add(uid);
    },
    isRetired: (uid) => retired.has(uid),
  };
}
