// What a soak's store begins with: keys of every kind, pairs and wrapping keys, whose deadlines come up one after the
// other all the time, since what replaces them has the same interval.
import type { ObjectRow } from '../../../src/kmip/managed-object.js';
import { aKeyPair } from '../../support/pairs.js';
import { sql } from '../../support/sql.js';
import { aSymmetricKey, dateOf, insertRows } from '../../support/store.js';
import { grow } from '../../support/wrapping/forest.js';
import { aPlant } from '../../support/wrapping/plant.js';

/** Longer than it may take from one look at the store to the next, so that no key is rotated twice between. */
export const SHORTEST_INTERVAL_SECONDS = 600;
const LONGEST_INTERVAL_SECONDS = 840;

const COUNTS = { plain: 400, keyset: 100, tagged: 60, granted: 60, pairs: 30, wrapped: 140 };

const WRAPPING = ['aes256', 'P256', 'aes256', 'CURVE25519', 'aes128', 'rsa', 'aes256'] as const;

/** A key whose deadline comes up at some moment of its interval. */
export interface Schedule {
  readonly intervalSeconds: number;
  readonly initialDate: number;
}

export function aSchedule(random: () => number): Schedule {
  const span = LONGEST_INTERVAL_SECONDS - SHORTEST_INTERVAL_SECONDS;
  const intervalSeconds = SHORTEST_INTERVAL_SECONDS + Math.floor(random() * span);
  const now = Math.floor(Date.now() / 1000);
  return { intervalSeconds, initialDate: now - Math.floor(random() * intervalSeconds) };
}

export async function populate(url: string, random: () => number): Promise<void> {
  const numbered = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const keys = (prefix: keyof typeof COUNTS, keyset = false, tags: readonly string[] = []) =>
    numbered(prefix, COUNTS[prefix]).map((uid) =>
      aSymmetricKey({ uid, keyset, tags, name: `${uid} name`, ...aSchedule(random) }, LIMITED),
    );
  await insertRows(url, [...keys('plain'), ...keys('keyset', true)]);
  await insertRows(url, keys('tagged', false, ['env:prod']), ['_kk', 'env:prod']);
  const granted = keys('granted');
  await insertRows(url, granted);
  for (const { id } of granted) {
    const grant = [id, 'bob@example.org', '["encrypt", "decrypt"]'];
    await sql(url, 'INSERT INTO read_access (id, userid, permissions) VALUES (?, ?, ?)', ...grant);
  }
  for (const uid of numbered('pair', COUNTS.pairs)) {
    const { privateKey, publicKey } = await aKeyPair({ uid });
    await insertRows(url, [scheduled(privateKey.row, random)], ['_sk']);
    await insertRows(url, [publicKey.row], ['_pk']);
  }
  const rows = grow(FOREST).rows.map((row) => scheduled(row, random));
  for (const [objectType, tag] of SYSTEM_TAGS) {
    const some = rows.filter(({ object }) => object.startsWith(`{"${objectType}"`));
    await insertRows(url, some, [tag]);
  }
}

const SYSTEM_TAGS = [
  ['SymmetricKey', '_kk'],
  ['SecretData', '_sd'],
  ['PrivateKey', '_sk'],
  ['PublicKey', '_pk'],
] as const;

const LIMITED = {
  UsageLimits: {
    UsageLimitsTotal: 1_000_000,
    UsageLimitsCount: 1_000_000,
    UsageLimitsUnit: 'Object',
  },
};

const FOREST = [
  ...WRAPPING.map((kind, number) => aPlant({ kind, under: number % 3, policy: 'due' })),
  ...Array.from({ length: COUNTS.wrapped }, (_, number) =>
    aPlant({
      kind: (['hmac', 'aes256', 'secret', 'hmac'] as const)[number % 4]!,
      under: 1 + (number % WRAPPING.length),
      ttlvEncoded: number % 5 === 0,
      namesPrivateHalf: number % 7 === 0,
      owner: (number % 3) as 0 | 1 | 2,
      policy: number % 2 === 0 ? 'due' : 'none',
    }),
  ),
];

/** Gives what has a policy another schedule, in both copies of its attributes. */
function scheduled(row: ObjectRow, random: () => number): ObjectRow {
  const { intervalSeconds, initialDate } = aSchedule(random);
  const set = (text: string) => {
    const attributes = JSON.parse(text) as Record<string, unknown>;
    if (Number(attributes['RotateInterval'] ?? 0) === 0) return text;
    const dates = { InitialDate: dateOf(initialDate), RotateInterval: intervalSeconds };
    return JSON.stringify({ ...attributes, ...dates });
  };
  return { ...row, attributes: set(row.attributes) };
}
