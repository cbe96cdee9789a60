// The log of a store, for a check of it.
import type { LogSnapshot } from '../../store/own/chain/read-chains.js';
import { rowKey, type LogSource } from './log-source.js';

export async function storeSource(log: LogSnapshot): Promise<LogSource> {
  return {
    pages: log.rows(),
    isByChain: true,
    gaps: await log.gaps(),
    hashesAt: async (heads) => {
      const found = await log.headsAt(heads);
      return new Map(found.map((head) => [rowKey(head), head.hash]));
    },
    listed: await log.listedChains(),
    isPart: false,
  };
}
