// Which objects a command about rotation policies means: those that are named, or those that pass filters.
import { KmsError } from '../errors.js';
import type { PolicySelection, PolicyFailure, DesiredPolicy } from './policy-plan.js';
import type { Traits } from '../rotation/policy-rules.js';
import type { Store } from '../store/open.js';

export interface TargetFlags {
  readonly owner?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly type?: string | undefined;
  readonly algorithm?: string | undefined;
}

export interface Target {
  readonly pages: AsyncIterable<readonly string[]>;
  /** Names that mean no object. */
  readonly failed: readonly PolicyFailure[];
  /** Returns what is wished for one of them, or null if it does not pass the filters. */
  choose(traits: Traits, desiredPolicy: DesiredPolicy): PolicySelection | null;
}

/**
 * Returns what is meant: of all objects, or of those with a policy alone, if none is named.
 *
 * @throws KmsError InvalidArgument if there are names and filters.
 */
export async function targetOf(
  store: Store,
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
      choose: (traits, desiredPolicy) =>
        passes(traits, { type, algorithm }) ? selection(desiredPolicy, false) : null,
    };
  }
  if (hasFilter(flags)) {
    throw new KmsError('InvalidArgument', 'uids and filters cannot be given together', {
      hint: 'name the objects, or describe them by --tag, --owner, --type and --algorithm',
    });
  }
  const { uids, failed } = await resolveAll(store, addresses);
  return {
    pages: pagesOf(uids),
    failed,
    choose: (_, desiredPolicy) => selection(desiredPolicy, true),
  };
}

/** @throws KmsError InvalidArgument if nothing says which objects are meant. */
export function assertSaysWhich(addresses: readonly string[], flags: TargetFlags): void {
  if (addresses.length > 0 || hasFilter(flags)) return;
  throw new KmsError('InvalidArgument', 'it is not said which objects are meant', {
    hint: 'name them by uid, or describe them by --tag, --owner, --type and --algorithm',
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

async function resolveAll(store: Store, addresses: readonly string[]) {
  const uids = new Set<string>();
  const failed: PolicyFailure[] = [];
  for (const address of addresses) {
    try {
      uids.add(await store.resolveUid(address));
    } catch (error) {
      // Any other failure is the store's, and ends the command.
      if (!(error instanceof KmsError) || error.uid === null) throw error;
      failed.push({ uid: address, rule: null, error });
    }
  }
  return { uids: [...uids], failed };
}

/** How many objects are looked at together. */
const PAGE = 500;

async function* pagesOf(uids: readonly string[]): AsyncGenerator<readonly string[]> {
  await Promise.resolve();
  for (let start = 0; start < uids.length; start += PAGE) yield uids.slice(start, start + PAGE);
}

/** A row that cannot be read is of any type: it must not go unseen. */
function passes(
  { objectType, algorithm }: Traits,
  wanted: { readonly type: string | undefined; readonly algorithm: string | undefined },
): boolean {
  const ofType = wanted.type === undefined || objectType === '' || objectType === wanted.type;
  const ofAlgorithm = wanted.algorithm === undefined || algorithm === wanted.algorithm;
  return ofType && (ofAlgorithm || objectType === '');
}

function selection(desiredPolicy: DesiredPolicy, named: boolean): PolicySelection {
  return { desiredPolicy, rules: [], conflicting: [], named };
}
