// The newest rows of the log: what to write down outside of the database.
import { isSealed, type SealedRow } from '../../store/own/chain/sealed-row.js';
import type { Store } from '../../store/store.js';

/** Returns the last row of each chain that no later chain names yet, or that may still grow, the oldest first. @throws KmsError */
export async function newestHeads({
  readLogSnapshot,
}: Pick<Store, 'readLogSnapshot'>): Promise<readonly SealedRow[]> {
  const rows = await readLogSnapshot(async (log) => log.newestOf(await log.listedChains()));
  return rows.filter(isSealed).sort(byTime);
}

function byTime(a: SealedRow, b: SealedRow): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.chain < b.chain ? -1 : 1;
}
