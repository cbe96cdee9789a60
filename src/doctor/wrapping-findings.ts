// Findings about wrapped objects: still under a replaced key, under a key that does not open them any more, or with a
// column that names another key than their bytes do.
import { KmsError } from '../errors.js';
import { unwrapObject, unwrappingKeyFor } from '../flows/wrapping/unwrapping.js';
import { wipeWrappingKey } from '../crypto/wrapping/wrapping-key.js';
import { isDestroyed, wrappingKeyInBytes, type ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import { activeReplacementOf } from '../rotation/active-replacement.js';
import { assertActive, requireWrappingKey } from '../rotation/wrapping-rules.js';
import { followLoggedReplacements } from '../survey/follow-logged-replacements.js';
import { findStaleDependants, type StaleDependant } from '../survey/stale-dependants.js';
import { doctorLogRow, type DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { quoted } from '../text/phrases.js';

/** Yields the dependants that are still under a replaced wrapping key; repair.ts re-wraps them as each run does. */
export async function* staleDependantFindings({
  store,
  options,
}: DoctorContext): AsyncGenerator<Finding> {
  const filters = { owner: options.owner, tags: [], objectType: undefined };
  for await (const page of findStaleDependants(store, filters)) {
    yield* page.map(staleFinding);
  }
}

function staleFinding(dependant: StaleDependant): Finding {
  const { uid, wrappingKeyUid, error, replacementUid } = dependant;
  return {
    code: 'stale-dependant',
    severity: 'error',
    uids: [uid, wrappingKeyUid],
    message: `${quoted(uid)} is wrapped under ${quoted(wrappingKeyUid)}, which was replaced`,
    repair:
      error === null
        ? `re-wraps it under ${quoted(replacementUid)}`
        : `nothing: ${error.hint ?? 'it is for you to decide'}`,
    why: error?.message ?? 'each run of kms does that; it is unwrapped again and compared',
    action: error === null ? { kind: 're-wrap', dependant } : null,
  };
}

/** Returns the findings about the wrapping of the objects of a page. */
export async function wrappingFindings(
  context: DoctorContext,
  objects: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const wrapped = objects.filter(
    (object) => !isDestroyed(object) && object.wrappingKeyUid !== null,
  );
  const named = [...new Set(wrapped.map(({ wrappingKeyUid }) => wrappingKeyUid ?? ''))];
  const suspects = await unusableKeys(context, named);
  const findings: Finding[] = [];
  for (const object of wrapped) {
    const uid = object.wrappingKeyUid ?? '';
    const why = wrappingKeyInBytes(object) === null ? undefined : suspects.get(uid);
    if (why !== undefined) findings.push(unreadable(object, uid, why));
    else if (object.row.wrappingKeyId !== wrappingKeyInBytes(object))
      findings.push(await mismatch(context, object));
  }
  return findings;
}

/** Returns why these keys do not open what they wrap; keys that were replaced are left to stale-dependant. */
async function unusableKeys(
  { store }: DoctorContext,
  uids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const states = new Map((await store.readRows(uids)).map(({ id, state }) => [id, state]));
  const suspects = uids.filter((uid) => states.get(uid) !== 'Active' && !isHsmUid(uid));
  const reasons = new Map<string, string>();
  if (suspects.length === 0) return reasons;
  const { related, logged } = await followLoggedReplacements(store, suspects);
  for (const uid of suspects) {
    const key = related.get(uid);
    if (key === undefined) reasons.set(uid, 'is not in the store');
    else if (key instanceof KmsError) reasons.set(uid, 'cannot be read');
    else if (key.state !== 'Active' && isNotReplaced(uid, related, logged))
      reasons.set(uid, `is ${key.state} and was not replaced`);
  }
  return reasons;
}

function isNotReplaced(
  uid: string,
  ...[related, logged]: [Parameters<typeof activeReplacementOf>[1], ReadonlyMap<string, string>]
): boolean {
  try {
    return activeReplacementOf(uid, related, logged) === null;
  } catch (error) {
    if (error instanceof KmsError) return false;
    throw error;
  }
}

function unreadable(
  { uniqueIdentifier: uid }: ManagedObject,
  wrappingKeyUid: string,
  why: string,
): Finding {
  return toldFinding({
    code: 'unreadable-dependant',
    severity: 'error',
    uids: [uid, wrappingKeyUid],
    message: `${quoted(uid)} is wrapped under ${quoted(wrappingKeyUid)}, which ${why}`,
    repair: 'nothing: activate or restore that key with the server that wrote it',
    why: 'a server does not unwrap with a key that is not Active',
  });
}

async function mismatch(context: DoctorContext, object: ManagedObject): Promise<Finding> {
  const { uniqueIdentifier: uid, row } = object;
  const named = wrappingKeyInBytes(object);
  const column = row.wrappingKeyId === null ? 'no key' : quoted(row.wrappingKeyId);
  const bytes = named === null ? 'it is not wrapped' : `its bytes name ${quoted(named)}`;
  const finding = {
    code: 'wrapping-key-mismatch',
    severity: 'error',
    uids: [uid, ...[row.wrappingKeyId, named].filter((one) => one !== null)],
    message: `the column wrapping_key_id of ${quoted(uid)} names ${column}, but ${bytes}`,
  } as const;
  const violation = await whyNotUnwrapped(context, object);
  if (violation !== null)
    return toldFinding({ ...finding, repair: 'nothing: it is for you to decide', why: violation });
  return {
    ...finding,
    repair: 'corrects the column after the bytes',
    why:
      named === null ? 'its material is there in clear' : `its bytes open under ${quoted(named)}`,
    action: { kind: 'write', prepare: () => prepareColumn(context, uid) },
  };
}

/** Null for an object that opens under the key that its bytes name, or that is not wrapped. */
async function whyNotUnwrapped(
  { store }: Pick<DoctorContext, 'store'>,
  object: ManagedObject,
): Promise<string | null> {
  const named = wrappingKeyInBytes(object);
  if (named === null) return null;
  if (isHsmUid(named)) return 'its wrapping key lies in a hardware security module';
  const related = await store.loadRelated([named, object.uniqueIdentifier]);
  try {
    assertActive(requireWrappingKey(named, related));
    const key = unwrappingKeyFor(named, related);
    try {
      unwrapObject(key, object).plaintext.fill(0);
    } finally {
      wipeWrappingKey(key);
    }
    return null;
  } catch (error) {
    if (error instanceof KmsError) return error.message;
    throw error;
  }
}

async function prepareColumn(context: DoctorContext, uid: string): Promise<UnitOfWork | null> {
  const [candidate] = await context.store.load([uid]);
  if (candidate === undefined || candidate.object instanceof KmsError) return null;
  const { object, row } = candidate;
  if (isDestroyed(object)) return null;
  const named = wrappingKeyInBytes(object);
  if (row.wrappingKeyId === named || (await whyNotUnwrapped(context, object)) !== null) return null;
  const message = `wrapping_key_id was ${JSON.stringify(row.wrappingKeyId)}`;
  return {
    changes: [{ kind: 'replace', before: row, after: { ...row, wrappingKeyId: named } }],
    rewrapping: null,
    ownRows: [doctorLogRow(context, { uid, outcome: 'repaired', message })],
  };
}
