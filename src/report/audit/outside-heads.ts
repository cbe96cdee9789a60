// Heads that were written down outside of the database: each must be there still, or lie among what was pruned.
import { KmsError } from '../../errors.js';
import type { ChainHead } from '../../store/own/chain/chain-details.js';
import type { Finding } from './finding.js';
import type { Gaps } from './gaps.js';

/** The chain and number are null if only the hash was written down. */
export interface OutsideHead {
  readonly hash: string;
  readonly chain: string | null;
  readonly seq: number | null;
}

/**
 * Reads `HASH`, or `CHAIN:ROW:HASH` as kms audit heads prints it, any number of them.
 *
 * @throws KmsError InvalidArgument, which says where the text is from.
 */
export function parseOutsideHeads(from: string, text: string): readonly OutsideHead[] {
  return [...text.matchAll(/\S+/g)].map(([head]) => parseOutsideHead(from, head));
}

function parseOutsideHead(from: string, text: string): OutsideHead {
  const found = /^(?:([0-9a-f-]{36}):(\d{1,9}):)?([0-9a-f]{64})$/.exec(text);
  if (found === null) {
    throw new KmsError('InvalidArgument', `${from}: ‘${text}’ is no head of the log`, {
      hint: 'write what kms audit heads printed: 64 hexadecimal digits, or CHAIN:ROW:HASH',
    });
  }
  const [, chain, seq, hash] = found;
  return { hash: String(hash), chain: chain ?? null, seq: seq === undefined ? null : Number(seq) };
}

export interface OutsideHeads {
  /** A row has this hash. */
  seen(hash: string): void;
  /** A row of the log names these heads, and so tells where they were. */
  named(heads: readonly ChainHead[]): void;
  /** Returns what is gone, when all rows were seen. */
  findings(gaps: Gaps): readonly Finding[];
}

export function outsideHeads(heads: readonly OutsideHead[]): OutsideHeads {
  const wanted = new Map(heads.map((head) => [head.hash, head]));
  return {
    seen: (hash) => void wanted.delete(hash),
    named: (known) => {
      for (const head of known)
        if (wanted.get(head.hash)?.chain === null) wanted.set(head.hash, head);
    },
    findings: (gaps) => [...wanted.values()].filter((head) => !wasPruned(head, gaps)).map(goneHead),
  };
}

function wasPruned({ hash, chain, seq }: OutsideHead, gaps: Gaps): boolean {
  if (chain !== null && seq !== null) {
    const gap = gaps.around(chain, seq);
    return gap !== undefined && (gap.lastSeq !== seq || gap.last === hash);
  }
  return gaps.lastHashes.has(hash);
}

function goneHead({ hash, chain, seq }: OutsideHead): Finding {
  const message = `no row has the hash ${hash} that was written down: the row, or what came before it, was altered or removed`;
  return { kind: 'missing', chain, seq, lastSeq: seq, row: null, message, lastGood: null };
}
