// What chains say of each other: each row that an opening names must be there, and each chain must be named by its last row,
// unless it is among the newest.
import type { ChainHead } from '../../store/own/chain/chain-details.js';
import type { ChainEnd } from './check-chain.js';
import { keyWords } from './key-words.js';
import { missingRows, rowFinding, type Finding, type RowPlace } from './finding.js';
import type { Gaps } from './gaps.js';
import { rowKey, type LogSource } from './log-source.js';

/** No more of a row than is told of it, as there are as many as chains. */
type NamingRow = Pick<RowPlace, 'chain' | 'seq' | 'at'>;

interface Naming {
  readonly by: NamingRow;
  /** Whether being named there shows that chains of bare hashes are from before a key came in. */
  readonly provesBare: boolean;
}

export interface NamedHeads {
  named(heads: readonly ChainHead[], naming: Naming): void;
  /** A chain ends, as far as its rows are there. */
  ended(end: End): void;
  /** Looks whether what was named is there, once it is so many. */
  lookUp(atLeast: number): Promise<void>;
  /** Reports, when all rows were seen, what is gone and what nobody names. */
  finish(rules: KeyRules): void;
}

interface KeyRules {
  readonly isInForce: (keyId: string | null) => boolean;
  readonly isTooLate: (namedAt: string) => boolean;
}

export interface NamedHeadsContext {
  readonly source: Pick<LogSource, 'hashesAt' | 'listed' | 'isPart'>;
  readonly gaps: Gaps;
  readonly report: (finding: Finding) => void;
  /** Says whether the row was reported as missing. */
  readonly isReported: (chain: string, seq: number) => boolean;
}

interface NamedHead extends ChainHead {
  readonly by: NamingRow;
}

type End = Pick<ChainEnd, 'isBare' | 'keyId'> & { readonly last: RowPlace };

export function namedHeads({ source, gaps, report, isReported }: NamedHeadsContext): NamedHeads {
  let pending: NamedHead[] = [];
  const gone = new Map<string, NamedHead>();
  /** Hashes that were named before their chain came to an end. Both lists shrink as they meet. */
  const namedBefore = new Map<string, Naming>();
  const notNamed = new Map<string, End>();
  /** Ends of bare hashes that only keyed openings name, and the first of those. */
  const bare = new Map<string, { readonly last: RowPlace; readonly by: NamingRow }>();
  const meet = ({ last, isBare }: End, { by, provesBare }: Naming) => {
    if (isBare && !provesBare) bare.set(String(last.hash), { last, by });
  };
  const nameOne = (hash: string, naming: Naming) => {
    const known = bare.get(hash);
    if (known !== undefined) {
      if (naming.provesBare) bare.delete(hash);
      else if (naming.by.at < known.by.at) bare.set(hash, { ...known, by: naming.by });
      return;
    }
    const end = notNamed.get(hash);
    if (end === undefined) namedBefore.set(hash, stronger(namedBefore.get(hash), naming));
    else {
      notNamed.delete(hash);
      meet(end, naming);
    }
  };
  return {
    named: (heads, naming) => {
      for (const head of heads) {
        pending.push({ ...head, by: naming.by });
        nameOne(head.hash, naming);
      }
    },
    ended: ({ last, isBare, keyId }) => {
      const hash = String(last.hash);
      const naming = namedBefore.get(hash);
      const end = { last, isBare, keyId };
      if (naming === undefined) notNamed.set(hash, end);
      else {
        namedBefore.delete(hash);
        meet(end, naming);
      }
    },
    lookUp: async (atLeast) => {
      if (pending.length < atLeast) return;
      const asked = pending;
      pending = [];
      const hashes = await source.hashesAt(asked);
      for (const head of asked) {
        const hash = hashes.get(rowKey(head)) ?? prunedHash(head, gaps);
        if (hash === undefined) keepHighest(gone, head);
        else if (hash !== head.hash) report(exchanged(head));
      }
    },
    finish: ({ isInForce, isTooLate }) => {
      if (!source.isPart) {
        for (const { last, by } of bare.values()) {
          if (isTooLate(by.at)) report(bareSince(last, by));
        }
      }
      const ends = new Map([...notNamed.values()].map((end) => [end.last.chain, end]));
      if (!source.isPart) {
        for (const head of gone.values()) {
          const end = ends.get(head.chain);
          ends.delete(head.chain);
          if (!isReported(head.chain, head.seq)) report(removed(head, end?.last ?? null));
        }
      }
      for (const { last, keyId } of ends.values()) {
        if (source.listed?.has(String(last.chain)) === false) report(nobodyNames(last));
        else if (keyId !== undefined && !isInForce(keyId)) report(oldKey(last, keyId));
      }
    },
  };
}

/** Returns what shows more: whatever proves, or else the earlier one. */
function stronger(known: Naming | undefined, naming: Naming): Naming {
  if (known === undefined || (naming.provesBare && !known.provesBare)) return naming;
  return naming.provesBare === known.provesBare && naming.by.at < known.by.at ? naming : known;
}

/** Of a row within a gap nobody knows the hash any more, so any will do. */
function prunedHash(head: ChainHead, gaps: Gaps): string | undefined {
  const gap = gaps.around(head.chain, head.seq);
  if (gap === undefined) return undefined;
  return gap.lastSeq === head.seq ? gap.last : head.hash;
}

function keepHighest(gone: Map<string, NamedHead>, head: NamedHead): void {
  const known = gone.get(head.chain);
  if (known === undefined || known.seq < head.seq) gone.set(head.chain, head);
}

function namedBy({ chain, seq, at }: NamingRow): string {
  return `row ${String(seq)} of the chain ${String(chain)}, of ${at}`;
}

function removed({ chain, seq, by }: NamedHead, last: RowPlace | null): Finding {
  const from = last?.seq == null ? 0 : last.seq + 1;
  const what = last === null ? 'the chain was removed' : 'the end of the chain was removed';
  return missingRows(
    { chain, from: Math.min(from, seq), to: seq },
    `${what}; ${namedBy(by)} names it`,
    last,
  );
}

function exchanged({ chain, seq, by }: NamedHead): Finding {
  const message = `another row is in its place than the one that ${namedBy(by)} names`;
  return { kind: 'replaced', chain, seq, lastSeq: seq, row: null, message, lastGood: null };
}

function nobodyNames(last: RowPlace): Finding {
  const message =
    'no later chain names this last row of its chain, nor will the next one: the chain was inserted, its end removed, or the chain that named it';
  return rowFinding('inserted', last, message, last);
}

function bareSince(last: RowPlace, by: NamingRow): Finding {
  const message = `no key seals its chain, and no opening from before the key names it, but only ${namedBy(by)}: it was written when a key had long sealed the log`;
  return rowFinding('key', last, message, null);
}

function oldKey(last: RowPlace, keyId: string | null): Finding {
  const message = `its chain is sealed by ${keyWords(keyId)}, which is no longer in force, and no later chain names it`;
  return rowFinding('key', last, message, null);
}
