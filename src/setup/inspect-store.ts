// Inspects a database for `kms init`: counts objects, armed keys and keys due by either rule, and looks for signs of a
// server's scheduler and of its key encryption key.
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { FIRST_DEADLINE_RULES, type FirstDeadlineRule } from '../rotation/deadline.js';
import { evaluateSchedule } from '../rotation/eligibility.js';
import { exclusionOf } from '../rotation/exclusion.js';
import { inspectDatabase, type FoundDatabase } from '../store/prepare/inspect-database.js';
import { openStore } from '../store/open.js';
import type { Store } from '../store/store.js';
import { isByRule } from './first-deadlines.js';
import type { ConnectOptions } from '../store/connect/connection.js';

export interface Inspection extends FoundDatabase {
  readonly objects: number;
  /** How many keys have a policy that is on. */
  readonly armed: number;
  /** How many are due now, by each rule for the first deadline. */
  readonly due: Readonly<Record<FirstDeadlineRule, number>>;
  /** How many have another first deadline by the one rule than by the other. */
  readonly byFirstDeadline: number;
  /** Armed keys whose last rotation is not in our rotation log, as a server's scheduler leaves them. */
  readonly rotatedByOthers: number;
  /** Uids of keys that wrap as only a server's key encryption key does. */
  readonly likeServerKek: readonly string[];
  /** How many objects a key in a hardware security module wraps. */
  readonly underModule: number;
}

const NOTHING = {
  objects: 0,
  armed: 0,
  due: { offset: 0, 'offset+interval': 0 },
  byFirstDeadline: 0,
  rotatedByOthers: 0,
  likeServerKek: [],
  underModule: 0,
} as const;

/** @throws KmsError if the database cannot be reached or is no key store. */
export async function inspectStore(
  url: string,
  now: EpochSeconds,
  options: ConnectOptions,
): Promise<Inspection> {
  const found = await inspectDatabase(url, options);
  if (found.presence === 'absent' || found.presence === 'empty') return { ...found, ...NOTHING };
  const store = await openStore(url, { ...options, mode: 'read' });
  try {
    const wrappingKeys = new Set<string>();
    let objects = 0;
    let underModule = 0;
    for await (const page of store.findAll({ tags: [] })) {
      objects += page.length;
      underModule += page.filter(({ wrappingKeyId }) => isHsmUid(wrappingKeyId)).length;
      for (const { wrappingKeyId } of page) {
        if (wrappingKeyId !== null) wrappingKeys.add(wrappingKeyId);
      }
    }
    const likeServerKek = await findServerKeks(store, [...wrappingKeys]);
    const armed = await countArmed(store, now);
    return { ...found, objects, ...armed, likeServerKek, underModule };
  } finally {
    await store.close();
  }
}

async function findServerKeks(store: Pick<Store, 'load'>, wrappingKeys: readonly string[]) {
  const loaded = await store.load(wrappingKeys, { alsoRelated: [], detectServerKek: true });
  return loaded.filter(({ likeServerKek }) => likeServerKek).map(({ row }) => row.id);
}

async function countArmed(
  store: Pick<Store, 'findWithPolicy' | 'load' | 'loggedReplacements'>,
  now: EpochSeconds,
) {
  const due = { offset: 0, 'offset+interval': 0 };
  let armed = 0;
  let byFirstDeadline = 0;
  let rotatedByOthers = 0;
  for await (const page of store.findWithPolicy({ tags: [] })) {
    const candidates = await store.load(page.map(({ id }) => id));
    const concerned = candidates.filter((candidate) => isArmed(candidate, now));
    armed += concerned.length;
    byFirstDeadline += concerned.filter(({ row }) => isByRule(row, now)).length;
    for (const { row } of concerned) {
      for (const firstDeadline of FIRST_DEADLINE_RULES) {
        const { eligibility } = evaluateSchedule(row, { now, withinSeconds: 0, firstDeadline });
        if (eligibility === 'due') due[firstDeadline] += 1;
      }
    }
    const replaced = concerned.map(replacedUidOf).filter((uid) => uid !== null);
    const ours = await store.loggedReplacements(replaced);
    rotatedByOthers += replaced.filter((uid) => !ours.has(uid)).length;
  }
  return { due, armed, byFirstDeadline, rotatedByOthers };
}

/** An object that cannot be evaluated counts as armed: a run reports it. */
function isArmed({ row, object, replacedBy }: RotationCandidate, now: EpochSeconds): boolean {
  const rowSummary =
    object instanceof KmsError
      ? { wrappingKeyUid: row.wrappingKeyId, objectType: null }
      : { wrappingKeyUid: object.wrappingKeyUid, objectType: object.objectType };
  if (exclusionOf({ uid: row.id, state: row.state, replacedBy, ...rowSummary }) !== null)
    return false;
  const options = { now, withinSeconds: 0, firstDeadline: 'offset' } as const;
  return !['not-armed', 'opted-out'].includes(evaluateSchedule(row, options).eligibility);
}

function replacedUidOf({ object }: RotationCandidate): string | null {
  if (object instanceof KmsError || object.attributes.rotateDate === null) return null;
  return linkTo(object.attributes, 'ReplacedObjectLink');
}
