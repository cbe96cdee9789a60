// A JWK Set (RFC 7517 §5) as text, and the document `kms.jwk-set/v1`, which also says which key of the store each is.
import type { PublishedKey } from './published-keys.js';

/** Returns the text of the set, for files and standard output, without a line end. */
export function jwkSetText(keys: readonly PublishedKey[]): string {
  return JSON.stringify(setOf(keys), null, 2);
}

export function jwkSetJson(keys: readonly PublishedKey[]): object {
  return {
    schema: 'kms.jwk-set/v1',
    published: keys.map(({ uid, state, because, jwk: { kid } }) => ({ uid, state, because, kid })),
    jwks: setOf(keys),
  };
}

function setOf(keys: readonly PublishedKey[]): object {
  return { keys: keys.map(({ jwk }) => jwk) };
}
