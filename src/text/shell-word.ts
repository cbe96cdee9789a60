// Texts as words of a shell's command line, for commands that are shown to be pasted.

/** Returns a text as one word: quoted where a shell would not take it literally. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Returns a uid or keyset as the last argument of a command, also if it begins with a dash: `UID` if it has characters
 * that a terminal cannot show.
 */
export function uidArgument(uid: string): string {
  if (/\p{C}/u.test(uid)) return 'UID';
  return uid.startsWith('-') ? `-- ${shellWord(uid)}` : shellWord(uid);
}
