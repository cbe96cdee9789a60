// The Unique Identifier: its limits, as the store's `id` column sets them (storage format §1.2), and what it says of
// its object.

/** Characters, not bytes. */
export const MAX_UID_LENGTH = 128;

/** Says whether an object is in a hardware security module, by its uid (storage format §6.2). */
export function isHsmUid(uid: string | null): boolean {
  return uid?.startsWith('hsm::') ?? false;
}

/** Returns how many characters (Unicode code points) a text has, as databases count them. */
export function characterCount(text: string): number {
  return Array.from(text).length;
}
