// Makes a text safe to show: names in a store may hold anything, control characters too. Pure.

/** Returns a text with the characters that would steer a terminal written as escapes. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
