// The columns of `kms audit export --format csv`.
import type { Column } from '../../output/table-layout.js';
import type { SealedRow } from '../../store/own/chain/sealed-row.js';

export const EXPORT_COLUMNS: readonly Column<SealedRow>[] = [
  ...(
    ['at', 'chain', 'seq', 'outcome', 'uid', 'replacementUid', 'flow', 'reason', 'message'] as const
  ).map(columnOf),
  ...(['runId', 'host', 'osUser', 'version', 'durationMs', 'details'] as const).map(columnOf),
  ...(['previousHash', 'hash', 'keyId', 'signature'] as const).map(columnOf),
];

function columnOf(member: keyof SealedRow): Column<SealedRow> {
  const title = member.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase();
  return {
    title,
    value: (row) => (row[member] === null ? null : String(row[member])),
    raw: (row) => row[member],
  };
}
