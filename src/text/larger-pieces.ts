// Puts small pieces of a text together: each one costs a write.

const PIECE_LENGTH = 65_536;

/** Yields the same text in longer pieces. */
export function* inLargerPieces(pieces: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < PIECE_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
