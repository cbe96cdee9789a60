// Leaves Destroyed objects out: they name their wrapping key for ever, although nothing is left to unwrap.
import { DESTROYED_STATES } from '../../kmip/vocabulary.js';

/** Returns SQL that is true of objects that are not Destroyed, and of those without a state. */
export function notDestroyed(table: string): string {
  const states = DESTROYED_STATES.map((state) => `'${state}'`).join(', ');
  return `(${table}.state IS NULL OR ${table}.state NOT IN (${states}))`;
}
