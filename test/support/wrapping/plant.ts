// What may grow in a random forest of wrapped objects, one by one.
import fc from 'fast-check';
import { KINDS, type Kind } from './key-kinds.js';

/** One object, or pair, of a forest; what cannot be is made the nearest that can. */
export interface Plant {
  readonly kind: Kind;
  /** Chooses what wraps it among the keys before it; 0 leaves it in clear. */
  readonly under: number;
  /** Chooses how it is wrapped. */
  readonly way: number;
  readonly ttlvEncoded: boolean;
  readonly bytesAlone: boolean;
  readonly owner: 0 | 1 | 2;
  readonly state: 'Active' | 'Deactivated' | 'Compromised' | 'Destroyed';
  readonly policy: 'none' | 'due' | 'later' | 'opted-out';
  /** The vendor attribute wrapping_key_id: only what was created wrapped has it. */
  readonly vendorAttribute: boolean;
  /** Under a pair: names its private half. */
  readonly namesPrivateHalf: boolean;
  /** What the column says: the truth, nothing, or another key. */
  readonly column: 'right' | 'empty' | 'stale';
  /** It was replaced by another key, which did not take over what it wraps. */
  readonly replaced: boolean;
}

export const plant: fc.Arbitrary<Plant> = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Kind>('aes128', 'aes192', 'aes256') },
    { weight: 3, arbitrary: fc.constantFrom<Kind>(...KINDS) },
  ),
  under: fc.nat(40),
  way: fc.nat(59),
  ttlvEncoded: fc.boolean(),
  bytesAlone: fc.boolean(),
  owner: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  state: fc.oneof(
    { weight: 8, arbitrary: fc.constant<'Active'>('Active') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Plant['state']>('Deactivated', 'Compromised', 'Destroyed'),
    },
  ),
  policy: fc.constantFrom<Plant['policy']>('none', 'due', 'due', 'later', 'opted-out'),
  vendorAttribute: fc.boolean(),
  namesPrivateHalf: fc.boolean(),
  column: fc.oneof(
    { weight: 12, arbitrary: fc.constant<'right'>('right') },
    { weight: 1, arbitrary: fc.constantFrom<'empty' | 'stale'>('empty', 'stale') },
  ),
  replaced: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
});

const PLAIN: Plant = {
  kind: 'aes256',
  under: 0,
  way: 0,
  ttlvEncoded: false,
  bytesAlone: false,
  owner: 0,
  state: 'Active',
  policy: 'none',
  vendorAttribute: true,
  namesPrivateHalf: false,
  column: 'right',
  replaced: false,
};

/** An Active AES key in clear without a policy, unless told otherwise. */
export function aPlant(changes: Partial<Plant> = {}): Plant {
  return { ...PLAIN, ...changes };
}
