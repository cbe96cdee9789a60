// A store whose searches through every object tell how many they have read, and how long the others will take.
import type { Progress } from '../../output/progress.js';
import type { ObjectFilters } from '../../store/find/found-pages.js';
import type { Store } from '../../store/store.js';
import { formatDuration } from '../../text/duration.js';

/** An estimate made earlier is of no use. */
const FIRST_ESTIMATE_MS = 2000;

type Searched = Pick<Store, 'estimatedObjects'> &
  Partial<Pick<Store, 'findRows' | 'findAll' | 'findWithPolicy'>>;

export function countedStore<S extends Searched>(
  store: S,
  progress: Progress,
  now: () => number = () => performance.now(),
): S {
  const { findRows, findAll, findWithPolicy } = store;
  return {
    ...store,
    ...(findRows && { findRows: () => counted(store, findRows(), true, progress, now) }),
    ...(findAll && {
      findAll: (filters: ObjectFilters) =>
        counted(store, findAll(filters), isAll(filters), progress, now),
    }),
    ...(findWithPolicy && {
      findWithPolicy: (filters: ObjectFilters) =>
        counted(store, findWithPolicy(filters), false, progress, now),
    }),
  };
}

/** Nobody knows how many objects pass a filter until they are read. */
function isAll({ owner, tags }: ObjectFilters): boolean {
  return owner === undefined && tags.length === 0;
}

async function* counted<Row>(
  store: Searched,
  pages: AsyncIterable<readonly Row[]>,
  isAllOfThem: boolean,
  progress: Progress,
  now: () => number,
): AsyncGenerator<readonly Row[]> {
  const tell = howFar(progress, now);
  const estimated = isAllOfThem ? await store.estimatedObjects() : null;
  let done = 0;
  for await (const page of pages) {
    yield page;
    done += page.length;
    if (estimated === null) progress.detail(`${done} objects read so far`);
    else tell(done, Math.max(done, estimated));
  }
}

/** Tells how far something has come that begins now, and how long it will go on. */
export function howFar(
  progress: Progress,
  now: () => number = () => performance.now(),
): (done: number, of: number) => void {
  const began = now();
  return (done, of) => {
    progress.update(done, of, timeLeft(now() - began, done, of));
  };
}

function timeLeft(elapsedMs: number, done: number, of: number): string | null {
  if (elapsedMs < FIRST_ESTIMATE_MS) return null;
  const seconds = Math.ceil((elapsedMs / done) * (Math.max(0, of - done) / 1000));
  return `about ${formatDuration(seconds)}`;
}
