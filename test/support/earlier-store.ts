// Makes a store look as if an earlier version of kms had prepared it. No assertions here.
import { withConnection } from '../../src/store/connect/connect.js';
import { logChain } from '../../src/store/own/migrations/008-log-chain.js';
import { sql } from './sql.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;

/** Takes the chains of the log away: rows of objects stay, without a hash. */
export async function withoutChains(url: string): Promise<void> {
  await withConnection(url, OPTIONS, async ({ knex }) => {
    await logChain.down?.(knex);
  });
  await sql(url, `DELETE FROM kms_rotation_log WHERE uid = ''`);
  await sql(url, `DELETE FROM kms_rotation_migrations WHERE name = '008-log-chain'`);
}
