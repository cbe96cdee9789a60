// How the head of a chain is written down outside of the database: CHAIN:ROW:HASH. outside-heads.ts reads it.
import type { ChainHead } from '../../store/own/chain/chain-details.js';

export function headText({ chain, seq, hash }: ChainHead): string {
  return `${chain}:${seq}:${hash}`;
}
