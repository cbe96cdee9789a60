// Splits many rows into statements: none has too many bound values, or is larger than the database accepts.
import type { SqlValue } from '../dialects/sql.js';

/** Below every database's limit on bound values. */
const MAX_ROWS = 250;

/** Less if the database accepts less in one statement. */
const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;

interface Chunk<T> {
  readonly items: readonly T[];
  /** The values of all items, one after the other. */
  readonly values: SqlValue[];
}

/** Splits items so that no statement has too many of them, or becomes too large. */
export function* chunksOf<T>(
  items: readonly T[],
  valuesOf: (item: T) => readonly SqlValue[],
  maxStatementBytes: number | null = null,
): Generator<Chunk<T>> {
  const limit = Math.min(MAX_STATEMENT_BYTES, maxStatementBytes ?? MAX_STATEMENT_BYTES);
  let chunk: { items: T[]; values: SqlValue[] } = { items: [], values: [] };
  let bytes = 0;
  for (const item of items) {
    const values = valuesOf(item);
    const size = values.reduce<number>((sum, value) => sum + bytesOf(value), 0);
    const full = chunk.items.length === MAX_ROWS || bytes + size > limit;
    if (full && chunk.items.length > 0) {
      yield chunk;
      chunk = { items: [], values: [] };
      bytes = 0;
    }
    chunk.items.push(item);
    chunk.values.push(...values);
    bytes += size;
  }
  if (chunk.items.length > 0) yield chunk;
}

function bytesOf(value: SqlValue): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 8;
}
