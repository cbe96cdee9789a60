// Destroyed objects, which name their wrapping key for ever although there is nothing left to unwrap.

const DESTROYED = ['Destroyed', 'Destroyed_Compromised'];

export function isDestroyedState(state: string | null): boolean {
  return DESTROYED.includes(state ?? '');
}

/** Returns SQL that leaves Destroyed objects out, and keeps those without a state. */
export function notDestroyed(table: string): string {
  const states = DESTROYED.map((state) => `'${state}'`).join(', ');
  return `(${table}.state IS NULL OR ${table}.state NOT IN (${states}))`;
}
