// Messages in a table, where the uid of the object is in the same row and space is short.

/** Returns a message without the uid that it begins with. */
export function messageWithoutUid(uid: string, message: string): string {
  const named = JSON.stringify(uid);
  const begun = [`${named} `, `the row of ${named} `].find((text) => message.startsWith(text));
  return begun === undefined ? message : message.slice(begun.length);
}
