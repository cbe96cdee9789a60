// What follows from the answers of the server: each request has its replacement, came to nothing, or stays open, and that
// is written down. Where the answer leaves doubt, the store tells (request-outcomes.ts).
import type { KmsError } from '../../errors.js';
import type { MadeUids } from '../../kmip/server-messages.js';
import { failedResult, skippedResult, type RotationResult } from '../../report/rotation-result.js';
import type { RequestOutcome } from '../../rotation/server/server-request.js';
import type { Run } from '../context.js';
import type { Asked, AskedFor } from './ask-for.js';
import { leftUnfinished, requestOpen } from './request-errors.js';
import { requestOutcomes } from './request-outcomes.js';
import type { ServerRun } from './server-run.js';

interface Settled {
  readonly made: readonly { readonly uid: string; readonly made: MadeUids }[];
  readonly results: readonly RotationResult[];
  readonly left: readonly string[];
}

/**
 * Writes down what is known of each request: the replacement, or that it came to nothing. Where the server said no, or
 * nothing, the store tells. What nobody knows stays open.
 */
export async function settleRequests(
  run: Run,
  { server, databaseNow, block }: ServerRun,
  keys: readonly AskedFor[],
  asked: readonly Asked[],
): Promise<Settled> {
  const doubtful = keys.filter((_, index) => isDoubtful(asked[index]));
  const outcomes = await requestOutcomes(
    run.store,
    doubtful.map(({ uid }) => uid),
  );
  const results: RotationResult[] = [];
  const [made, ended, left]: [{ uid: string; made: MadeUids }[], string[], string[]] = [[], [], []];
  const unfinished: { uid: string; made: MadeUids }[] = [];
  for (const [index, key] of keys.entries()) {
    const { uid } = key;
    const one = asked[index];
    if (one === undefined) continue;
    const known = knownOf(one, outcomes.get(uid));
    if (known === 'untouched') {
      ended.push(uid);
      if (one.kind === 'left') left.push(uid);
      else if ('error' in one) results.push(failedFor(key, one.error));
    } else if (known === 'taken') results.push(skippedResult(uid, 'server'));
    else if (known === 'open') {
      const line = lineOf(one);
      results.push(failedFor(key, requestOpen(uid, server, line)));
    } else if (known.kind === 'unfinished') {
      unfinished.push({ uid, made: known.made });
      const error = leftUnfinished(uid, server, known.made);
      block(uid, error);
      results.push(failedFor(key, error));
    } else made.push({ uid, made: known.made });
  }
  if (ended.length > 0) await run.store.endRequests(run.runId, ended);
  const changes = [
    ...made.map((one) => ({ ...one, step: 're-arm' as const })),
    ...unfinished.map((one) => ({ ...one, step: 'unfinished' as const })),
  ];
  if (changes.length === 0) return { made, results, left };
  const own = await run.store.changeRequests(run.runId, changes, await databaseNow());
  const lost = made.filter(({ uid }) => !own.has(uid));
  return {
    made: made.filter(({ uid }) => own.has(uid)),
    results: [...results, ...lost.map(({ uid }) => skippedResult(uid, 'server'))],
    left,
  };
}

export function failedFor({ uid, objectSummary }: AskedFor, error: KmsError): RotationResult {
  return failedResult(uid, 'server', error, objectSummary);
}

function lineOf(asked: Asked): string {
  if ('line' in asked) return asked.line;
  return 'error' in asked ? asked.error.message : '';
}

function isDoubtful(asked: Asked | undefined): boolean {
  return asked?.kind === 'undone' ? !asked.isCertain : asked?.kind === 'unknown';
}

type Known =
  | 'untouched'
  | 'taken'
  | 'open'
  | { readonly kind: 'made' | 'unfinished'; readonly made: MadeUids };

function knownOf(asked: Asked, outcome: RequestOutcome | undefined): Known {
  switch (asked.kind) {
    case 'made':
      return asked;
    case 'left':
    case 'not-asked':
      return 'untouched';
    case 'taken':
      return 'taken';
    case 'undone':
      if (outcome?.kind === 'rotated') return { kind: 'made', made: outcome.made };
      if (outcome?.kind === 'unreadable') return 'open';
      return outcome?.kind === 'unfinished' ? outcome : 'untouched';
    case 'unknown':
      // A replacement that the key does not name yet may be the first half of what the server is doing just now.
      return outcome?.kind === 'rotated' ? { kind: 'made', made: outcome.made } : 'open';
  }
}
