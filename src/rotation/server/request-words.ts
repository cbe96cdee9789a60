// A request to the server that is not complete, in words: how far it has come, and what its replacement is to have, so that a
// person can give it that by hand. Pure.
import { formatInstant } from '../../kmip/date-time.js';
import { quoted } from '../../text/phrases.js';
import { policyText } from '../policy-text.js';
import type { ServerRequest } from './server-request.js';

/** Returns what is known of a request. */
export function requestWords({ uid, step, made, begunAt }: ServerRequest): string {
  const since = `since ${formatInstant(begunAt)}`;
  const replacement = made === null ? 'its replacement' : quoted(made.uid);
  switch (step) {
    case 're-key':
      return `${quoted(uid)} is being rotated through the server ${since}, and no answer is known`;
    case 're-arm':
      return `${quoted(uid)} was replaced by ${replacement} through the server ${since}, which does not have its schedule, tags and grants yet`;
    case 'unfinished':
      return `the server made ${replacement} of ${quoted(uid)} ${since} and did not finish`;
  }
}

/** Returns what the replacement is to have. */
export function intentWords({ intent }: ServerRequest): string {
  const { policy, tags, grants, owner } = intent;
  const own = [...new Set(tags.map(({ tag }) => tag))].filter((tag) => !tag.startsWith('_'));
  return [
    `policy ${policyText(policy)}`,
    `owner ${owner}`,
    ...(own.length === 0 ? [] : [`tags ${own.join(', ')}`]),
    ...(grants.length === 0
      ? []
      : [
          `grants ${grants.map(({ userid, permissions }) => `${userid} ${permissions}`).join(', ')}`,
        ]),
  ].join('; ');
}
