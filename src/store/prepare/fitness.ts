// What a database must be besides in the server's layout, so that nothing written to it is lost or torn: asked
// before anything is written. And whether its clock and this host's agree. What is asked, each dialect says.
import { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';

/** Further apart than this, one of the two tells another time than deadlines are meant in. */
const MAX_SKEW_SECONDS = 300;

/** @throws KmsError StoreUnfit, with what is wrong and the first place where it is. */
export async function assertFit({ knex, dialect, redactedUrl }: Connection): Promise<void> {
  const [reason] = await dialect.unfitReasons(knex);
  if (reason === undefined) return;
  throw new KmsError('StoreUnfit', `${redactedUrl}: ${reason.what}`, { hint: reason.hint });
}

/** @throws KmsError StoreClockSkew if they are more than five minutes apart. */
export async function assertClocksAgree(
  { knex, dialect, redactedUrl }: Connection,
  hostNow: () => EpochSeconds,
): Promise<void> {
  const databaseNow = await dialect.now(knex);
  if (databaseNow === null) return;
  const ahead = hostNow() - databaseNow;
  if (Math.abs(ahead) <= MAX_SKEW_SECONDS) return;
  throw new KmsError(
    'StoreClockSkew',
    `${redactedUrl}: the clock of this host is ${Math.abs(ahead)} seconds ${ahead > 0 ? 'ahead of' : 'behind'} the database’s`,
    {
      hint: 'set both clocks right (NTP) and run again: by a wrong one keys would be rotated too early or too late',
    },
  );
}
