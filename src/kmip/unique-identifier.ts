// Limits of the Unique Identifier as the store's `id` column sets them (storage format §1.2).

/** Characters, not bytes. */
export const LONGEST_UID = 128;

/** Returns how many characters (Unicode code points) a text has, as databases count them. */
export function characterCount(text: string): number {
  return Array.from(text).length;
}
