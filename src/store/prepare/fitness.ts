// Checks that a session sees all that is in a store, and, before anything is written, that the database would keep it
// wholly and unchanged: each dialect says what that takes. And that its clock agrees with this host's.
import { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import type { UnfitReason } from '../dialects/dialect.js';

/** If they are further apart, one of the two clocks is wrong, and deadlines with it. */
const MAX_SKEW_SECONDS = 300;

/**
 * Ensures that what this session reads is all there is, as it is.
 *
 * @throws KmsError StoreUnfit, with the gravest reason.
 */
export async function assertFitForReading(connection: Connection): Promise<void> {
  assertNone(connection, await connection.dialect.unfitForReading(connection.knex));
}

/** Ensures that nothing is lost of what is written. @throws KmsError StoreUnfit, with the gravest reason. */
export async function assertFitForWriting(connection: Connection): Promise<void> {
  assertNone(connection, await connection.dialect.unfitForWriting(connection.knex));
}

function assertNone({ redactedUrl }: Connection, [reason]: readonly UnfitReason[]): void {
  if (reason === undefined) return;
  throw new KmsError('StoreUnfit', `${redactedUrl}: ${reason.what}`, { hint: reason.hint });
}

/**
 * Returns by how many seconds this host is ahead of the database; 0 for a database without a clock of its own.
 *
 * @throws KmsError StoreClockSkew if they are more than five minutes apart.
 */
export async function assertClocksAgree(
  { knex, dialect, redactedUrl }: Connection,
  hostNow: () => EpochSeconds,
): Promise<number> {
  const databaseNow = await dialect.now(knex);
  if (databaseNow === null) return 0;
  const ahead = hostNow() - databaseNow;
  if (Math.abs(ahead) <= MAX_SKEW_SECONDS) return ahead;
  throw new KmsError(
    'StoreClockSkew',
    `${redactedUrl}: the clock of this host is ${Math.abs(ahead)} seconds ${ahead > 0 ? 'ahead of' : 'behind'} the database’s`,
    {
      hint: 'set both clocks (NTP) and run again: with a wrong clock keys would be rotated too early or too late',
    },
  );
}
