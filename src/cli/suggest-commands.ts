// The commands that a mistyped line may have meant. Hints are pasted back without a second look, so none does more than
// was typed: nothing is guessed beyond a slip in a word, words in another order, or a missing one.
import { closeMatch } from '../text/nearest.js';
import { uidArgument } from '../text/shell-word.js';

interface NamedCommand {
  /** Its words joined by colons, as in `rotate:due`. */
  readonly id: string;
}

/** Rotates every key that is due, so a slip in the name of one key must not lead to it alone. */
const ALL_DUE = 'rotate due';
const ONE_KEY = 'rotate key';

/** Returns what to type instead, the best first; empty if nothing is near. */
export function suggestCommands(
  typed: readonly string[],
  commands: readonly NamedCommand[],
): readonly string[] {
  const words = typed.flatMap((word, place) => (place === 0 ? word.split('-') : [word]));
  const names = commands.map(({ id }) => id.replaceAll(':', ' '));
  const slips = names.filter((name) => isSlipOf(name, words));
  const topics = words.length === 1 && slips.length === 0 ? nearTopics(words, names) : [];
  const close = [...slips, ...topics];
  const near = close.length > 0 ? close : names.filter((name) => isPartOf(name, words));
  const asksForAll = words.slice(0, 2).join(' ') === ALL_DUE;
  const mayMeanOneKey = near.length === 0 || (near.includes(ALL_DUE) && !asksForAll);
  const meant = [...(mayMeanOneKey ? forOneKey(words, names) : []), ...near];
  return meant.map((name) => `kms ${name}`);
}

/** Each word of the command is near the one typed at its place. */
function isSlipOf(name: string, words: readonly string[]): boolean {
  return name.split(' ').every((word, place) => closeMatch(words[place] ?? '', [word]) !== null);
}

function nearTopics([word = '']: readonly string[], names: readonly string[]): readonly string[] {
  const topics = names.flatMap((name) => (name.includes(' ') ? (name.split(' ')[0] ?? []) : []));
  const topic = closeMatch(word, topics);
  return topic === null ? [] : [topic];
}

/** `kms rotate invoices` names a key where a subcommand belongs. */
function forOneKey(
  [topic = '', uid]: readonly string[],
  names: readonly string[],
): readonly string[] {
  if (uid === undefined || closeMatch(topic, ['rotate']) === null) return [];
  return names.includes(ONE_KEY) ? [`${ONE_KEY} ${uidArgument(uid)}`] : [];
}

/** The subcommand without its topic, or before it: `kms list`, `kms list keys`. */
function isPartOf(name: string, [first = '', second]: readonly string[]): boolean {
  const [topic = '', subcommand] = name.split(' ');
  if (subcommand === undefined || closeMatch(first, [subcommand]) === null) return false;
  return second === undefined || closeMatch(second, [topic]) !== null;
}
