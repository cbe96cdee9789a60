// Findings about one row by itself: rows that cannot be read.
import { KmsError } from '../errors.js';
import { type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import type { DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';

export interface ReadRow {
  readonly row: ObjectRow;
  readonly object: ManagedObject | KmsError;
}

export async function unreadableRowFindings(
  { store }: Pick<DoctorContext, 'store'>,
  rows: readonly ReadRow[],
): Promise<readonly Finding[]> {
  const unreadable = rows.filter(({ object }) => object instanceof KmsError);
  if (unreadable.length === 0) return [];
  const candidates = await store.load(unreadable.map(({ row }) => row.id));
  return candidates.flatMap(({ row, object, dependants }) => {
    if (!(object instanceof KmsError)) return [];
    const wraps =
      dependants > 0 ? ` and wraps ${dependants} ${dependants === 1 ? 'object' : 'objects'}` : '';
    return [
      toldFinding({
        code: 'unreadable-row',
        severity: row.state === 'Active' || dependants > 0 ? 'error' : 'note',
        uids: [row.id],
        message: `${object.message}; it is ${row.state ?? 'without a state'}${wraps}`,
        repair: `nothing: ${object.hint ?? 'repair the row with the server that wrote it'}`,
        why: 'what cannot be read cannot be written',
      }),
    ];
  });
}
