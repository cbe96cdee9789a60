// How findings call the key that seals a row.

export function keyWords(keyId: string | null): string {
  return keyId === null ? 'no key' : `the key ${keyId}`;
}
