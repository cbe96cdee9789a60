// What the parser of flags puts around a message, and what a stack has besides one.
import { KmsError } from '../errors.js';
import { closeMatch } from '../text/nearest.js';

/** What the parser of flags has against the arguments, in our form. @param flags those that there are */
export function flagError(message: string, flags: readonly string[]): KmsError {
  const unknown = /^Nonexistent flags?: --([a-z-]+)/.exec(message)?.[1];
  const near = unknown === undefined ? null : closeMatch(unknown, flags);
  const meant = near === null ? '' : `did you mean --${near}? `;
  return new KmsError('InvalidArgument', plainMessage(message), { hint: `${meant}see --help` });
}

/** Takes off what the parser of flags writes around the message of an error that we threw in it. */
export function withoutFrame(error: KmsError): KmsError {
  if (error.reason !== 'InvalidArgument') return error;
  const hint = error.hint === null ? {} : { hint: error.hint };
  return new KmsError(error.reason, plainMessage(error.message), hint);
}

function plainMessage(message: string): string {
  return message
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .replace(/\n?See more help with --help/, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
