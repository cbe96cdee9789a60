// Which databases a run of the tests covers: KMS_TEST_DATABASES, a list with commas between or "all". Without it,
// SQLite alone, which needs no server.
const DATABASE_NAMES = ['sqlite', 'postgresql', 'mariadb', 'mysql'] as const;

export type DatabaseName = (typeof DATABASE_NAMES)[number];

export function isWanted(name: DatabaseName): boolean {
  return wantedDatabases().includes(name);
}

/** Returns the databases to test. @throws Error if the variable names one that does not exist. */
export function wantedDatabases(
  text = process.env['KMS_TEST_DATABASES'] ?? '',
): readonly DatabaseName[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return ['sqlite'];
  if (names.includes('all')) return DATABASE_NAMES;
  const unknown = names.filter((name) => !DATABASE_NAMES.some((known) => known === name));
  if (unknown.length > 0) {
    const known = DATABASE_NAMES.join(', ');
    throw new Error(`KMS_TEST_DATABASES: no database is called ${unknown[0]}; all, or ${known}`);
  }
  return DATABASE_NAMES.filter((name) => names.includes(name));
}
