// Words of unit files, as systemd.syntax(7) and systemd.unit(5) read them.

/** Returns a word, in quotes if it needs them. Percent signs are literal. */
export function systemdWord(text: string): string {
  return inQuotes(systemdLiteral(text));
}

/** Returns the setting of a variable to the path of a credential. */
export function credentialVariable(variable: string, credential: string): string {
  return inQuotes(`${variable}=%d/${systemdLiteral(credential)}`);
}

/** For settings that take the rest of their line as it stands, but for specifiers. */
export function systemdLiteral(text: string): string {
  return text.replaceAll('%', '%%');
}

function inQuotes(text: string): string {
  if (/^[\w@%+=:,./$-]+$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}
