// Completes a command line: commands, flags, their values, or uids. Pure: commands/complete.ts looks up the uids, the
// scripts in completion-scripts.ts ask it.

/** What completion needs of a command's definition. */
export interface CommandSummary {
  /** As oclif names it: `key:show`. */
  readonly id: string;
  readonly flags: readonly FlagSummary[];
  readonly takesUid: boolean;
}

interface FlagSummary {
  readonly name: string;
  readonly takesValue: boolean;
  readonly options: readonly string[];
  readonly takesUid: boolean;
}

export interface Completion {
  readonly words: readonly string[];
  /** Uids that start with this are candidates too; null for none. */
  readonly uidsFrom: string | null;
}

const NOTHING: Completion = { words: [], uidsFrom: null };

/** Returns what may complete the last of these words, which may be empty. */
export function complete(
  words: readonly string[],
  commands: readonly CommandSummary[],
): Completion {
  if (words[0] === 'help' && words.length > 1) {
    return { words: complete(words.slice(1), commands).words, uidsFrom: null };
  }
  const before = words.slice(0, -1);
  const begun = words.at(-1) ?? '';
  const command = commandIn(before, commands);
  if (command === null) return { words: nextWords(before, begun, commands), uidsFrom: null };
  const awaited = command.flags.find(
    ({ name, takesValue }) => takesValue && before.at(-1) === `--${name}`,
  );
  if (awaited !== undefined) {
    const values = awaited.options.filter((value) => value.startsWith(begun));
    return { words: values, uidsFrom: awaited.takesUid ? begun : null };
  }
  if (begun.startsWith('-')) {
    const flags = [...command.flags.map(({ name }) => `--${name}`), '--help'];
    return { words: flags.filter((flag) => flag.startsWith(begun)).sort(), uidsFrom: null };
  }
  return command.takesUid ? { words: [], uidsFrom: begun } : NOTHING;
}

/** Returns these uids, and NAME@first and NAME@latest of each keyset among them. */
export function withKeysetNames(uids: readonly string[], begun: string): readonly string[] {
  const names = uids.flatMap((uid) => /^(.+)@\d+$/.exec(uid)?.[1] ?? []);
  const addresses = [...new Set(names)].flatMap((name) => [`${name}@first`, `${name}@latest`]);
  return [...uids, ...addresses].filter((uid) => uid.startsWith(begun)).sort();
}

/** Returns the command that the words start with; the longest, as a topic may be a command too. */
function commandIn(
  words: readonly string[],
  commands: readonly CommandSummary[],
): CommandSummary | null {
  const matching = commands.filter(({ id }) => {
    const own = id.split(':');
    return own.every((word, index) => words[index] === word);
  });
  return matching.sort((a, b) => b.id.length - a.id.length)[0] ?? null;
}

function nextWords(
  before: readonly string[],
  begun: string,
  commands: readonly CommandSummary[],
): readonly string[] {
  const next = commands.flatMap(({ id }) => {
    const own = id.split(':');
    return before.every((word, index) => own[index] === word) ? (own[before.length] ?? []) : [];
  });
  if (before.length === 0) next.push('help');
  return [...new Set(next)].filter((word) => word.startsWith(begun)).sort();
}
