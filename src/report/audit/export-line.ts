// A line of an export as JSONL, back to the row that was sealed. store/own/chain/sealed-row.ts writes it.
import { canonicalJson } from '../../kmip/canonical-json.js';
import { parsedObject } from '../../kmip/json.js';
import { sealedLine, type LogRow, type SealedRow } from '../../store/own/chain/sealed-row.js';

/** Returns the row of a line; null if it is none. */
export function rowOfLine(line: string): LogRow | null {
  const members = parsedObject(line);
  if (members?.['v'] !== 1) return null;
  const text = (name: string) => {
    const value = members[name];
    return typeof value === 'string' ? value : null;
  };
  const { seq, durationMs, details } = members;
  const row: LogRow = {
    runId: text('run') ?? '',
    at: text('at') ?? '',
    durationMs: typeof durationMs === 'number' ? durationMs : -1,
    host: text('host') ?? '',
    osUser: text('osUser') ?? '',
    version: text('version') ?? '',
    uid: text('uid') ?? '',
    replacementUid: text('replacementUid'),
    flow: text('flow'),
    outcome: text('outcome') ?? '',
    reason: text('reason'),
    message: text('message'),
    chain: text('chain'),
    seq: typeof seq === 'number' && Number.isSafeInteger(seq) ? seq : null,
    previousHash: text('previous'),
    hash: text('hash'),
    keyId: text('keyId'),
    details: details === undefined || details === null ? null : canonicalJson(details),
    signature: text('signature'),
  };
  // What was added to a line is not in its row.
  const isWhole = row.hash === null || sealedLine(row as SealedRow) === canonicalJson(members);
  return isWhole ? row : { ...row, hash: '' };
}
