// Writes values and names as TOML, on one line.

/** @throws TypeError for what no setting and no policy has: a float, a date, null. */
export function formatTomlValue(value: unknown): string {
  if (typeof value === 'string') return formatString(value);
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(formatTomlValue).join(', ')}]`;
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`no TOML is written for a ${typeof value}`);
  }
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (members.length === 0) return '{}';
  return `{ ${members.map(([name, inner]) => formatMember([name], inner)).join(', ')} }`;
}

/** Returns `name = value`, the name with dots for members of inner tables. */
export function formatMember(path: readonly string[], value: unknown): string {
  return `${formatKey(path)} = ${formatTomlValue(value)}`;
}

export function formatKey(path: readonly string[]): string {
  return path.map((name) => (/^[\w-]+$/.test(name) ? name : formatString(name))).join('.');
}

/** A JSON string is a TOML string, but for one control character. */
function formatString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', '\\u007F');
}
