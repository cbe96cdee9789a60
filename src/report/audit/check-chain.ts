// Checks one chain of the log, row by row in the order of their numbers: what each says, that it names the row before, and
// that none is missing or too many. check-log.ts checks what chains say of each other.
import { verify, type KeyObject } from 'node:crypto';
import { chainDetails, type ChainDetails } from '../../store/own/chain/chain-details.js';
import { hashRow, type SealedRow } from '../../store/own/chain/sealed-row.js';
import {
  missingRows,
  placeOf,
  rowFinding,
  type Finding,
  type FindingKind,
  type RowPlace,
} from './finding.js';
import type { Gaps } from './gaps.js';
import { keyWords } from './key-words.js';

export interface ChainContext {
  /** Keys of HMAC-SHA-256, by their ids. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Keys that verify signatures, by their ids. */
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
  readonly gaps: Gaps;
  /** Whether chains may begin in the middle, as in a part of an export. */
  readonly isPart: boolean;
  /** Rows before it, ISO 8601, are not hashed again; null for none. */
  readonly since: string | null;
  readonly report: (finding: Finding) => void;
  /** Called for each row whose seal or signature cannot be checked without this key. */
  readonly missesKey: (keyId: string) => void;
}

/** How a chain ends, as far as its rows are there. */
export interface ChainEnd {
  /** The last row; null if all are pruned. */
  readonly last: RowPlace | null;
  readonly isClosed: boolean;
  /** Whether the last rows are pruned. */
  readonly isPruned: boolean;
  readonly beginsInMiddle: boolean;
  /** By which key the next row would be sealed; undefined if no row says. */
  readonly keyId: string | null | undefined;
}

export interface ChainCheck {
  /** Returns what the row says about chains; null if that cannot be read. */
  next(row: SealedRow): ChainDetails | null;
  end(): ChainEnd;
}

export function checkChain(chain: string, context: ChainContext): ChainCheck {
  const { gaps, report } = context;
  let expectedSeq = 0;
  /** Undefined if it is not known. */
  let expectedPrevious: string | null | undefined = null;
  let keyId: string | null | undefined;
  let last: RowPlace | null = null;
  let lastGood: RowPlace | null = null;
  let goodBefore: RowPlace | null = null;
  let isLastGood = true;
  let isClosed = false;
  let isPruned = false;
  let beginsInMiddle = false;
  let isRecent = context.since === null;

  /** Steps over pruned rows as far as `seq`, and reports those that are missing. */
  const stepTo = (seq: number) => {
    for (const gap of gaps.of(chain)) {
      if (gap.lastSeq < expectedSeq) continue;
      if (gap.previousSeq + 1 >= seq) break;
      if (gap.previousSeq + 1 > expectedSeq) miss(gap.previousSeq + 1);
      if (expectedPrevious !== undefined && isLastGood && gap.previous !== expectedPrevious) {
        replaced('a prune removed the rows after it, and names another hash');
      }
      expectedSeq = gap.lastSeq + 1;
      expectedPrevious = gap.last;
      isPruned = true;
    }
    if (expectedSeq < seq && Number.isFinite(seq)) miss(seq);
  };
  const miss = (seq: number) => {
    if (last === null && expectedSeq === 0 && context.isPart) beginsInMiddle = true;
    else {
      const rows = { chain, from: expectedSeq, to: seq - 1 };
      report(missingRows(rows, 'removed, and no prune says so', lastGood));
    }
    expectedSeq = seq;
    expectedPrevious = undefined;
  };
  /** The last row was good until its successor named another hash. */
  const replaced = (message: string) => {
    if (last === null) return;
    report(rowFinding('replaced', last, message, goodBefore));
    lastGood = goodBefore;
  };

  return {
    next: (row) => {
      const place = placeOf(row);
      let faults = 0;
      const bad = (kind: FindingKind, message: string) => {
        faults += 1;
        report(rowFinding(kind, place, message, lastGood));
      };
      if (row.seq < expectedSeq) bad('inserted', 'a row with this number was there before');
      else if (gaps.around(chain, row.seq) !== undefined) {
        bad('inserted', 'a prune says that it removed this row');
        stepTo(row.seq);
      } else stepTo(row.seq);
      if (isClosed) bad('inserted', 'it comes after the row that closes the chain');
      if ((row.seq === 0) !== (row.outcome === 'chain-opened')) {
        bad('contradictory', 'a chain begins with the row that opens it, and no other opens it');
      }
      if (keyId !== undefined && row.keyId !== keyId) {
        bad(
          'key',
          `it is sealed by ${keyWords(row.keyId)}, and the row before by ${keyWords(keyId)}`,
        );
      }
      isRecent ||= context.since !== null && row.at >= context.since;
      const isSealed = !isRecent || sealHolds(row, context);
      if (!isSealed) bad('altered', 'what it says is not what was sealed');
      const isLinked = expectedPrevious === undefined || row.previousHash === expectedPrevious;
      if (isSealed && isLastGood && !isLinked) {
        if (last === null || isPruned) bad('contradictory', 'it names another row before it');
        else replaced('the next row names another hash');
      }
      const details = chainDetails(row);
      if (isSealed) {
        const violation = detailsViolation(row, details);
        if (violation !== null) bad('contradictory', violation);
        const wrongSignature = isRecent ? signatureViolation(row, details, context) : null;
        if (wrongSignature !== null) bad('signature', wrongSignature);
      }
      keyId = details?.kind === 'key-changed' ? details.to : row.keyId;
      if (details?.kind === 'closed') isClosed = true;
      isPruned = false;
      expectedSeq = Math.max(expectedSeq, row.seq + 1);
      expectedPrevious = row.hash;
      last = place;
      isLastGood = faults === 0;
      if (isLastGood) {
        goodBefore = lastGood;
        lastGood = place;
      }
      return details;
    },
    end: () => {
      stepTo(Infinity);
      return { last, isClosed, isPruned, beginsInMiddle, keyId };
    },
  };
}

/** True also if the key is missing, which is told. */
function sealHolds(row: SealedRow, { keys, missesKey }: ChainContext): boolean {
  const key = row.keyId === null ? null : keys.get(row.keyId);
  if (key !== undefined) return hashRow(row, key) === row.hash;
  missesKey(String(row.keyId));
  return true;
}

function detailsViolation(row: SealedRow, details: ChainDetails | null): string | null {
  if (details === null) return 'its details cannot be read';
  switch (details.kind) {
    case 'closed':
      return details.count === row.seq && details.head === row.previousHash
        ? null
        : 'it closes the chain with another count or head than the chain has';
    case 'key-changed':
      return details.from === row.keyId ? null : 'another key seals it than it says';
    case 'opened':
    case 'pruned':
    case 'other':
      return null;
  }
}

function signatureViolation(
  row: SealedRow,
  details: ChainDetails | null,
  { publicKeys, missesKey }: ChainContext,
): string | null {
  const signingKey = details?.kind === 'closed' ? details.signingKey : null;
  if (signingKey === null) return row.signature === null ? null : 'it is signed, and names no key';
  if (row.signature === null) return 'its signature is gone';
  if (publicKeys.size === 0) return null;
  const key = publicKeys.get(signingKey);
  if (key === undefined) {
    missesKey(signingKey);
    return null;
  }
  const isRight = verify(
    null,
    Buffer.from(row.hash, 'ascii'),
    key,
    Buffer.from(row.signature, 'base64'),
  );
  return isRight ? null : 'its signature does not fit its hash';
}
