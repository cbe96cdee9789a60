// The objects that a command about rotation policies is for: those that it names, or those that pass its filters.
import type { ObjectProperties } from '../rotation/policy-rules.js';
import type { PolicyFailure, PolicySelection } from './policy-plan.js';
import type { DesiredPolicy } from './prepare-change.js';
import { resolveAddress } from './resolve-address.js';
import { KmsError } from '../errors.js';
import type { Store } from '../store/store.js';

export interface TargetFlags {
  readonly owner?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly type?: string | undefined;
  readonly algorithm?: string | undefined;
}

export interface Target {
  /** Uids, page by page. */
  readonly pages: AsyncIterable<readonly string[]>;
  /** Names that mean no object. */
  readonly failed: readonly PolicyFailure[];
  /** Returns what is asked for one of the objects, or null if it does not pass the filters. */
  select(properties: ObjectProperties, desiredPolicy: DesiredPolicy): PolicySelection | null;
}

/**
 * Returns the named objects; if none is named, those among all objects, or among those with a policy, that pass the
 * filters.
 *
 * @throws KmsError InvalidArgument if there are both names and filters.
 */
export async function resolveTarget(
  store: Pick<Store, 'findAll' | 'findWithPolicy' | 'resolveUid'>,
  addresses: readonly string[],
  flags: TargetFlags,
  among: 'all' | 'with-policy' = 'all',
): Promise<Target> {
  const { owner, tag: tags = [], type, algorithm } = flags;
  if (addresses.length === 0) {
    return {
      pages: uidPages(
        among === 'all' ? store.findAll({ owner, tags }) : store.findWithPolicy({ owner, tags }),
      ),
      failed: [],
      select: (properties, desiredPolicy) =>
        passes(properties, { type, algorithm }) ? selection(desiredPolicy, false) : null,
    };
  }
  if (hasFilter(flags)) {
    throw new KmsError('InvalidArgument', 'give uids or filters, not both', {
      hint: 'name the objects, or describe them by --tag, --owner, --type and --algorithm',
    });
  }
  const { uids, failed } = await resolveAll(store, addresses);
  return {
    pages: pagesOf(uids),
    failed,
    select: (_, desiredPolicy) => selection(desiredPolicy, true),
  };
}

/** @throws KmsError InvalidArgument if there are neither names nor filters. */
export function assertTargetGiven(addresses: readonly string[], flags: TargetFlags): void {
  if (addresses.length > 0 || hasFilter(flags)) return;
  throw new KmsError('InvalidArgument', 'no objects are named', {
    hint: 'say which: by uid, or by --tag, --owner, --type and --algorithm',
  });
}

/** Yields the uids of pages of objects. */
export async function* uidPages(
  pages: AsyncIterable<readonly { readonly id: string }[]>,
): AsyncGenerator<readonly string[]> {
  for await (const page of pages) yield page.map(({ id }) => id);
}

function hasFilter({ owner, tag, type, algorithm }: TargetFlags): boolean {
  return [owner, type, algorithm, tag?.[0]].some((value) => value !== undefined);
}

async function resolveAll(store: Pick<Store, 'resolveUid'>, addresses: readonly string[]) {
  const uids = new Set<string>();
  const failed: PolicyFailure[] = [];
  for (const address of addresses) {
    const resolved = await resolveAddress(store, address, null);
    if ('uid' in resolved) uids.add(resolved.uid);
    else failed.push(resolved.failure);
  }
  return { uids: [...uids], failed };
}

/** How many objects are loaded together. */
const PAGE_SIZE = 500;

async function* pagesOf(uids: readonly string[]): AsyncGenerator<readonly string[]> {
  await Promise.resolve();
  for (let start = 0; start < uids.length; start += PAGE_SIZE) {
    yield uids.slice(start, start + PAGE_SIZE);
  }
}

/** A row that cannot be read passes any type: it must not be silently left out. */
function passes(
  { objectType, algorithm }: ObjectProperties,
  wanted: { readonly type: string | undefined; readonly algorithm: string | undefined },
): boolean {
  const ofType = wanted.type === undefined || objectType === '' || objectType === wanted.type;
  const ofAlgorithm = wanted.algorithm === undefined || algorithm === wanted.algorithm;
  return ofType && (ofAlgorithm || objectType === '');
}

function selection(desiredPolicy: DesiredPolicy, named: boolean): PolicySelection {
  return { desiredPolicy, rules: [], conflicting: [], named };
}
