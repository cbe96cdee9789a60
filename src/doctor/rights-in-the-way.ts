// Tags and grants under the uid that a rotation would make next, which no object has: whoever deleted an object left them,
// and the new one would get them. They are removed once they are in our log. Grants under any other uid without an object
// are legitimate, as those of a module's keys.
import { KmsError } from '../errors.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { nextUid } from '../rotation/keyset.js';
import type { RightsRow } from '../store/find/left-overs.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { doctorLogRow, type DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';
import { quoted } from '../text/phrases.js';

export function rightsInTheWayFinding(
  context: DoctorContext,
  candidate: RotationCandidate,
): Finding | null {
  const { row, nextUidLeftOvers: leftOvers } = candidate;
  if (leftOvers === null) return null;
  const { uid } = leftOvers;
  const finding = {
    code: 'rights-in-the-way',
    severity: 'error',
    uids: [uid, row.id],
    message: `tags or grants are there under ${quoted(uid)}, which the generation after ${quoted(row.id)} would get, but no object`,
  } as const;
  if (!isOwnNextUid(candidate, uid))
    return toldFinding({
      ...finding,
      repair: 'nothing: check them, then delete these rows of tags and read_access',
      why: 'the database takes that uid for the next one, and it is another',
    });
  return {
    ...finding,
    repair: 'removes them, once the log of kms has them',
    why: 'the next generation would get them, and so would their readers; no object has them now',
    action: { kind: 'write', prepare: () => prepare(context, row.id, uid) },
  };
}

/** Spelled just as the generation after this one, or the public key of that, would be. */
function isOwnNextUid({ object }: RotationCandidate, uid: string): boolean {
  if (isHsmUid(uid) || object instanceof KmsError) return false;
  const { rotateName, rotateGeneration } = object.attributes;
  if (rotateName === null) return false;
  const next = nextUid(rotateName, rotateGeneration ?? 0);
  return uid === next || (object.objectType === 'PrivateKey' && uid === `${next}_pk`);
}

async function prepare(
  context: DoctorContext,
  memberUid: string,
  uid: string,
): Promise<UnitOfWork | null> {
  const { store } = context;
  const [candidate] = await store.load([memberUid]);
  if (candidate?.nextUidLeftOvers?.uid !== uid || !isOwnNextUid(candidate, uid)) return null;
  const removedRights = await store.rightsOf(uid);
  if (removedRights.length === 0) return null;
  const log = inParts(removedRights).map((rows) =>
    doctorLogRow(context, { uid, outcome: 'repaired', message: describe(rows) }),
  );
  return { changes: [], rewrapping: null, ownRows: log, removedRights };
}

/** A message of the log holds 64 KiB on MySQL, and a row may have some 600 bytes. */
const ROWS_PER_ENTRY = 50;

function inParts(rows: readonly RightsRow[]): readonly (readonly RightsRow[])[] {
  const count = Math.ceil(rows.length / ROWS_PER_ENTRY);
  return Array.from({ length: count }, (_, part) =>
    rows.slice(part * ROWS_PER_ENTRY, (part + 1) * ROWS_PER_ENTRY),
  );
}

function describe(rows: readonly RightsRow[]): string {
  const tags = rows.flatMap((row) => (row.table === 'tags' ? [row.tag] : []));
  const grants = rows.flatMap((row) =>
    row.table === 'tags' ? [] : [{ user: row.userid, permissions: row.permissions }],
  );
  return `removed ${JSON.stringify({ tags, grants })}`;
}
