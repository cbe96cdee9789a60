// Turns what oclif's flag parser reports into errors of ours, without the words that it adds around a message.
import { KmsError } from '../errors.js';
import { closeMatch } from '../text/nearest.js';

/** Returns what the parser reports as an error of ours, with the nearest of the known `flags` if one is unknown. */
export function flagError(message: string, flags: readonly string[]): KmsError {
  const unknown = /^Nonexistent flags?: --([a-z-]+)/.exec(message)?.[1];
  const near = unknown === undefined ? null : closeMatch(unknown, flags.filter(sameSense(unknown)));
  const meant = near === null ? '' : `did you mean --${near}? `;
  return new KmsError('InvalidArgument', plainMessage(message), { hint: `${meant}see --help` });
}

/** A flag that says no is never taken for one that says yes: --no-disarm must not suggest --disarm. */
function sameSense(typed: string): (flag: string) => boolean {
  return (flag) => flag.startsWith('no-') === typed.startsWith('no-');
}

/** Returns an error that we threw inside the parser without the words that it added. */
export function withoutFrame(error: KmsError): KmsError {
  if (error.reason !== 'InvalidArgument') return error;
  const hint = error.hint === null ? {} : { hint: error.hint };
  return new KmsError(error.reason, plainMessage(error.message), hint);
}

function plainMessage(message: string): string {
  return (
    message
      .replace(/^Parsing (--\S+)\s+/, '$1: ')
      .replace(/\n?See more help with --help/, '')
      .replace(/\s*\n\s*/g, ' ')
      // An argument in the wrong place may be a database URL.
      .replace(/\S+:\S*@\S*/g, '***')
      .trim()
  );
}
