// Findings about one row by itself or beside the one that it names: rows that cannot be read, and replacements that
// deny what the replaced object says.
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import { type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import { declinesRotation } from '../kmip/rotation-policy.js';
import { replacementUidOf } from '../rotation/related-objects.js';
import type { DoctorContext } from './doctor-context.js';
import { quoted, toldFinding, type Finding } from './finding.js';

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

/** An armed key that says it was replaced is never rotated again, even if nothing has replaced it. */
export async function falseReplacementFindings(
  { store }: Pick<DoctorContext, 'store'>,
  objects: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const armed = objects.filter(
    (object) =>
      object.state === 'Active' &&
      declinesRotation(object.attributes.members) === null &&
      replacementUidOf(object) !== null,
  );
  if (armed.length === 0) return [];
  const related = await store.loadRelated(
    armed.flatMap((object) => replacementUidOf(object) ?? []),
  );
  return armed.flatMap((object): Finding[] => {
    const uid = object.uniqueIdentifier;
    const named = replacementUidOf(object) ?? '';
    const other = related.get(named);
    if (other === undefined || other instanceof KmsError) return [];
    if (linkTo(other.attributes, 'ReplacedObjectLink') === uid) return [];
    return [
      toldFinding({
        code: 'false-replacement',
        severity: 'error',
        uids: [uid, named],
        message: `${quoted(uid)} is Active and armed, and says that ${quoted(named)} replaces it; that one does not say so`,
        repair: 'nothing: remove the wrong link with the server that wrote it',
        why: 'no run rotates a key that says it was replaced',
      }),
    ];
  });
}
