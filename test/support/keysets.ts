// Members of keysets.
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { aSymmetricKey } from './symmetric-keys.js';

/** A member of a keyset under the uid that a server gives it; null for one without a generation. */
export function aKeysetMember(
  name: string,
  generation: number | null,
  row: Partial<ObjectRow> = {},
): ObjectRow {
  return aSymmetricKey(
    { uid: generation === 0 ? name : `${name}@${generation ?? 'x'}` },
    { RotateName: name, ...(generation === null ? {} : { RotateGeneration: generation }) },
    row,
  );
}
