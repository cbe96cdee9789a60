// Armed keys that say they were replaced, by an object that does not say so: no run ever rotates such a key. The link goes
// where our log denies it too.
import { KmsError } from '../errors.js';
import { withoutReplacement } from '../flows/replacement-links.js';
import { linkTo } from '../kmip/attributes.js';
import { isDestroyed, type ManagedObject } from '../kmip/managed-object.js';
import { declinesRotation } from '../kmip/rotation-policy.js';
import { publicUidOf, replacementUidOf, type RelatedObjects } from '../rotation/related-objects.js';
import type { LoggedFact } from '../store/own/read-log.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { doctorLogRow, type DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';
import { quoted } from '../text/phrases.js';

export async function falseReplacementFindings(
  context: DoctorContext,
  objects: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const armed = objects.filter(
    (object) =>
      object.state === 'Active' &&
      declinesRotation(object.attributes.members) === null &&
      replacementUidOf(object) !== null,
  );
  const { related, facts } = await evidenceOf(context, armed);
  return armed.flatMap((object) => findingOf(context, object, related, facts) ?? []);
}

interface Evidence {
  readonly related: RelatedObjects;
  readonly facts: readonly LoggedFact[];
}

async function evidenceOf(
  { store }: Pick<DoctorContext, 'store'>,
  objects: readonly ManagedObject[],
): Promise<Evidence> {
  if (objects.length === 0) return { related: new Map(), facts: [] };
  const uids = objects.map(({ uniqueIdentifier }) => uniqueIdentifier);
  return { related: await store.loadRelated(uids), facts: await store.loggedFacts(uids) };
}

function findingOf(
  context: DoctorContext,
  object: ManagedObject,
  ...[related, facts]: [RelatedObjects, readonly LoggedFact[]]
): Finding | null {
  const uid = object.uniqueIdentifier;
  const named = replacementUidOf(object) ?? '';
  if (!isDenied(object, related)) return null;
  const finding = {
    code: 'false-replacement',
    severity: 'error',
    uids: [uid, named],
    message: `${quoted(uid)} is Active and armed, and says that ${quoted(named)} replaces it; that one does not say so`,
  } as const;
  const proof = falseLinks(object, related, facts);
  if (typeof proof === 'string')
    return toldFinding({
      ...finding,
      repair: 'nothing: remove the wrong link with the server that wrote it',
      why: proof,
    });
  return {
    ...finding,
    repair: `removes the link to ${quoted(named)}`,
    why: 'neither the other one nor the log of kms knows of that replacement, and no run rotates a key that says it was replaced',
    action: { kind: 'write', prepare: () => prepare(context, uid, named) },
  };
}

/** Says whether the object that is named as a replacement is there, and does not name it back. */
function isDenied(object: ManagedObject, related: RelatedObjects): boolean {
  const other = related.get(replacementUidOf(object) ?? '');
  if (other === undefined || other instanceof KmsError) return false;
  return linkTo(other.attributes, 'ReplacedObjectLink') !== object.uniqueIdentifier;
}

/** Returns what must lose its link, of a pair both keys; or why that is not proved. */
function falseLinks(
  object: ManagedObject,
  related: RelatedObjects,
  facts: readonly LoggedFact[],
): readonly ManagedObject[] | string {
  const uid = object.uniqueIdentifier;
  const named = replacementUidOf(object);
  const word = facts.findLast((fact) => fact.uid === uid && fact.replacementUid === named);
  if (word !== undefined && word.outcome !== 'rolled-back')
    return 'the log of kms says that it was replaced by that one';
  const other = related.get(named ?? '');
  if (other instanceof KmsError || other === undefined || isDestroyed(other))
    return 'the other one is destroyed, so what it says proves nothing';
  const publicKey = object.objectType === 'PrivateKey' ? related.get(publicUidOf(object)) : null;
  if (publicKey instanceof KmsError) return 'its public key cannot be read';
  if (publicKey === null || publicKey === undefined || replacementUidOf(publicKey) === null)
    return [object];
  return isDenied(publicKey, related)
    ? [object, publicKey]
    : 'its public key says that it was replaced, and the other one agrees';
}

async function prepare(
  context: DoctorContext,
  uid: string,
  named: string,
): Promise<UnitOfWork | null> {
  const [candidate] = await context.store.load([uid]);
  if (candidate === undefined || candidate.object instanceof KmsError) return null;
  const { object } = candidate;
  if (object.state !== 'Active' || replacementUidOf(object) !== named) return null;
  const { related, facts } = await evidenceOf(context, [object]);
  const proof = isDenied(object, related) ? falseLinks(object, related, facts) : 'it names it back';
  if (typeof proof === 'string') return null;
  const now = context.now();
  const message = `removed its ReplacementObjectLink to ${JSON.stringify(named)}`;
  // The other one is written as it is, so that the transaction fails if it has changed.
  const other = related.get(named);
  const guard = other === undefined || other instanceof KmsError ? [] : [other.row];
  return {
    changes: [
      ...proof.map((one) => ({ kind: 'replace', ...withoutReplacement(one, now) }) as const),
      ...guard.map((row) => ({ kind: 'replace', before: row, after: row }) as const),
    ],
    rewrapping: null,
    ownRows: [doctorLogRow(context, { uid, outcome: 'repaired', message })],
  };
}
