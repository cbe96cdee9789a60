// Checks one chain of the log, row by row in the order of their numbers: what each says (check-row.ts), that it names the row
// before, and that none is missing or too many. check-log.ts checks what chains say of each other.
import { chainDetails, type ChainDetails } from '../../store/own/chain/chain-details.js';
import type { SealedRow } from '../../store/own/chain/sealed-row.js';
import { detailsViolation, sealHolds, signatureViolation, type RowContext } from './check-row.js';
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

export interface ChainContext extends RowContext {
  readonly gaps: Gaps;
  /** Whether chains may begin in the middle, as in a part of an export. */
  readonly isPart: boolean;
  /** Rows before it, ISO 8601, are not hashed again; null for none. */
  readonly since: string | null;
  readonly report: (finding: Finding) => void;
}

/** How a chain ends, as far as its rows are there. */
export interface ChainEnd {
  /** The last row; null if all are pruned. */
  readonly last: RowPlace | null;
  /** Whether no key seals the last row. */
  readonly isBare: boolean;
  readonly isClosed: boolean;
  /** Whether the last rows are pruned. */
  readonly isPruned: boolean;
  readonly beginsInMiddle: boolean;
  /** By which key the next row would be sealed; undefined if no row says. */
  readonly keyId: string | null | undefined;
  /** When it brought in a key where there was none, as a row that the key seals shows; null if it did not. */
  readonly broughtInAt: string | null;
}

export interface ChainCheck {
  /** Returns what the row says about chains; null if that cannot be read. */
  next(row: SealedRow): ChainDetails | null;
  end(): ChainEnd;
}

interface ChainState {
  readonly chain: string;
  expectedSeq: number;
  /** Undefined if it is not known. */
  expectedPrevious: string | null | undefined;
  keyId: string | null | undefined;
  /** When a row of change named a key where there was none, until a row that a key seals follows. */
  namedKeyAt: string | null;
  broughtInAt: string | null;
  last: RowPlace | null;
  lastGood: RowPlace | null;
  goodBefore: RowPlace | null;
  isLastGood: boolean;
  isBare: boolean;
  isClosed: boolean;
  isPruned: boolean;
  beginsInMiddle: boolean;
  isRecent: boolean;
}

type Bad = (kind: FindingKind, message: string) => void;

export function checkChain(chain: string, context: ChainContext): ChainCheck {
  const state = newState(chain, context);
  return {
    next: (row) => {
      const place = placeOf(row);
      let faults = 0;
      const bad: Bad = (kind, message) => {
        faults += 1;
        context.report(rowFinding(kind, place, message, state.lastGood));
      };
      checkPlace(state, row, { context, bad });
      state.isRecent ||= context.since !== null && row.at >= context.since;
      const isSealed = !state.isRecent || sealHolds(row, context);
      if (!isSealed) bad('altered', 'what it says is not what was sealed');
      if (isSealed && state.isLastGood) checkLink(state, row, { context, bad });
      const details = chainDetails(row);
      if (isSealed) checkDetails(row, details, { context, bad, isRecent: state.isRecent });
      goOn(state, row, { place, details, isGood: faults === 0 });
      return details;
    },
    end: () => {
      stepTo(state, Infinity, context);
      return state;
    },
  };
}

function newState(chain: string, { since }: ChainContext): ChainState {
  return {
    chain,
    ...{ expectedSeq: 0, expectedPrevious: null, keyId: undefined },
    ...{ namedKeyAt: null, broughtInAt: null },
    ...{ last: null, lastGood: null, goodBefore: null, isLastGood: true },
    ...{ isBare: false, isClosed: false, isPruned: false, beginsInMiddle: false },
    isRecent: since === null,
  };
}

interface RowCheck {
  readonly context: ChainContext;
  readonly bad: Bad;
}

/** Whether a row may be where it is, and be sealed by its key. */
function checkPlace(state: ChainState, row: SealedRow, { context, bad }: RowCheck): void {
  const { chain, isClosed } = state;
  if (row.seq < state.expectedSeq) bad('inserted', 'a row with this number was there before');
  else {
    const isThere = context.gaps.around(chain, row.seq) !== undefined;
    if (isThere) bad('inserted', 'a prune says that it removed this row');
    stepTo(state, row.seq, context);
  }
  if (isClosed) bad('inserted', 'it comes after the row that closes the chain');
  if ((row.seq === 0) !== (row.outcome === 'chain-opened')) {
    bad('contradictory', 'a chain begins with the row that opens it, and no other opens it');
  }
  if (state.keyId !== undefined && row.keyId !== state.keyId) {
    const [is, was] = [row.keyId, state.keyId].map(keyWords);
    bad('key', `it is sealed by ${is}, and the row before by ${was}`);
  }
}

/** Steps over pruned rows as far as `seq`, and reports those that are missing. */
function stepTo(state: ChainState, seq: number, context: ChainContext): void {
  for (const gap of context.gaps.of(state.chain)) {
    if (gap.lastSeq < state.expectedSeq) continue;
    if (gap.previousSeq + 1 >= seq) break;
    if (gap.previousSeq + 1 > state.expectedSeq) miss(state, gap.previousSeq + 1, context);
    const { expectedPrevious } = state;
    if (expectedPrevious !== undefined && state.isLastGood && gap.previous !== expectedPrevious) {
      replaced(state, 'a prune removed the rows after it, and names another hash', context);
    }
    state.expectedSeq = gap.lastSeq + 1;
    state.expectedPrevious = gap.last;
    state.isPruned = true;
  }
  if (state.expectedSeq < seq && Number.isFinite(seq)) miss(state, seq, context);
}

function miss(state: ChainState, seq: number, { isPart, report }: ChainContext): void {
  const { chain, expectedSeq, last, lastGood } = state;
  if (last === null && expectedSeq === 0 && isPart) state.beginsInMiddle = true;
  else {
    const rows = { chain, from: expectedSeq, to: seq - 1 };
    report(missingRows(rows, 'removed, and no prune says so', lastGood));
  }
  state.expectedSeq = seq;
  state.expectedPrevious = undefined;
}

/** The last row was good until its successor named another hash. */
function replaced(state: ChainState, message: string, { report }: ChainContext): void {
  if (state.last === null) return;
  report(rowFinding('replaced', state.last, message, state.goodBefore));
  state.lastGood = state.goodBefore;
}

function checkLink(state: ChainState, row: SealedRow, { context, bad }: RowCheck): void {
  const { expectedPrevious, last, isPruned } = state;
  if (expectedPrevious === undefined || row.previousHash === expectedPrevious) return;
  if (last === null || isPruned) bad('contradictory', 'it names another row before it');
  else replaced(state, 'the next row names another hash', context);
}

function checkDetails(
  row: SealedRow,
  details: ChainDetails | null,
  { context, bad, isRecent }: RowCheck & { readonly isRecent: boolean },
): void {
  const violation = detailsViolation(row, details);
  if (violation !== null) bad('contradictory', violation);
  const wrongSignature = isRecent ? signatureViolation(row, details, context) : null;
  if (wrongSignature !== null) bad('signature', wrongSignature);
}

interface CheckedRow {
  readonly place: RowPlace;
  readonly details: ChainDetails | null;
  readonly isGood: boolean;
}

function goOn(state: ChainState, row: SealedRow, { place, details, isGood }: CheckedRow): void {
  state.keyId = details?.kind === 'key-changed' ? details.to : row.keyId;
  state.isBare = row.keyId === null;
  if (!state.isBare && isGood) state.broughtInAt = state.namedKeyAt ?? state.broughtInAt;
  state.namedKeyAt = details?.kind === 'key-changed' && details.from === null ? row.at : null;
  if (details?.kind === 'closed') state.isClosed = true;
  state.isPruned = false;
  state.expectedSeq = Math.max(state.expectedSeq, row.seq + 1);
  state.expectedPrevious = row.hash;
  state.last = place;
  state.isLastGood = isGood;
  if (!isGood) return;
  state.goodBefore = state.lastGood;
  state.lastGood = place;
}
