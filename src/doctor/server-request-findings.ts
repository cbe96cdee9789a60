// Findings about requests to the server that are not complete. The next run that asks the server completes them; what the
// server left unfinished is a finding of its own, for which this one tells what the key had.
import { intentWords, requestWords } from '../rotation/server/request-words.js';
import type { DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';

export async function serverRequestFindings({
  store,
  options,
}: Pick<DoctorContext, 'store' | 'options'>): Promise<readonly Finding[]> {
  const requests = await store.openRequests();
  return requests
    .filter(({ intent }) => options.owner === undefined || intent.owner === options.owner)
    .map((request) => {
      const isUnfinished = request.step === 'unfinished';
      const uids = [request.uid, ...(request.made === null ? [] : [request.made.uid])];
      return toldFinding({
        code: 'server-request',
        severity: isUnfinished ? 'error' : 'note',
        uids,
        message: `${requestWords(request)}; it is to have: ${intentWords(request)}`,
        repair: isUnfinished
          ? 'nothing: settle its unfinished-rotation, or its keyset-heads; the next kms rotate due then gives the replacement what it is to have'
          : 'nothing: the next kms rotate due completes it, or asks again',
        why: isUnfinished
          ? 'the server died between its two transactions, and both keys may be in use'
          : 'a run may be at work on it',
      });
    });
}
