// Keysets with several heads, and what stands where the next generation of one goes. Each keyset is looked at once, on
// the page of its first member.
import { KmsError } from '../../errors.js';
import { settlementChanges } from '../../flows/settlement/settlement-changes.js';
import { linkTo } from '../../kmip/attributes.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { type KeysetMember } from '../../rotation/keyset.js';
import { compareUids } from '../../rotation/plan.js';
import { ageViolation } from '../../rotation/unfinished/age.js';
import { generationNumber, keysetHeadsOf } from '../../rotation/unfinished/keyset-heads.js';
import {
  differenceFromRotation,
  orderViolation,
} from '../../rotation/unfinished/made-like-rotation.js';
import {
  uidsOfGeneration,
  type Generation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import { databaseNow, doctorLogRow, type DoctorContext } from '../doctor-context.js';
import { listed, toldFinding, type Finding, type Prepare } from '../finding.js';
import { shellWord } from '../../text/shell-word.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import { generationOf } from '../unfinished/generations.js';
import { scheduleLog } from '../unfinished/schedule-log.js';
import { decodeOrError } from '../../store/find/rows.js';
import { blockedUidFindings, type OwnKeyset } from './blocked-uid-findings.js';
import { loadHeads, type LoadedHeads } from './load-heads.js';
import { quoted } from '../../text/phrases.js';

/** Returns the findings about the keysets whose first member is on this page. */
export async function keysetFindings(
  context: DoctorContext,
  objects: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const names = objects.map(({ attributes }) => attributes.rotateName);
  const keysets = await context.store.keysets([...new Set(names.filter((name) => name !== null))]);
  const own = [...keysets].flatMap(([name, members]) => {
    const first = members.map(({ uid }) => uid).sort(compareUids)[0];
    const isHere = objects.some(({ uniqueIdentifier }) => uniqueIdentifier === first);
    // A member that cannot be read is a finding of its own, and owners do not share a keyset.
    const isReadable = members.every(({ generation }) => generation !== null);
    return isHere && isReadable
      ? byOwner(members, context.options.owner).map((some) => ({ name, members: some }))
      : [];
  });
  const findings = [...(await blockedUidFindings(context, own))];
  for (const { name, members } of await withSeveralHeads(context, own)) {
    const uids = members.map(({ uid }) => uid);
    const loaded = await loadHeads(context, name, uids);
    if (loaded === null) continue;
    const violation = await violationOf(context, loaded);
    const [{ owner } = { owner: null }] = members;
    const prepareRepair = () => prepare(context, name, owner);
    findings.push(headsFinding(name, loaded, violation, prepareRepair));
  }
  return findings;
}

const NOTHING = new Map<string, never>();

/** A look at the rows alone, since nearly all keysets are sound. */
async function withSeveralHeads(
  { store }: Pick<DoctorContext, 'store'>,
  keysets: readonly OwnKeyset[],
): Promise<readonly OwnKeyset[]> {
  const several = keysets.filter(({ members }) => members.length > 1);
  const uids = several.flatMap(({ members }) => members.map(({ uid }) => uid));
  const rows = new Map((await store.readRows(uids)).map((row) => [row.id, decodeOrError(row)]));
  return several.filter(({ members }) => {
    const generations = members.flatMap(({ uid }) => generationOf(rows.get(uid), NOTHING) ?? []);
    return generations.length === members.length && keysetHeadsOf(generations) !== null;
  });
}

function byOwner(
  members: readonly KeysetMember[],
  wanted: string | undefined,
): readonly (readonly KeysetMember[])[] {
  const all = [...new Set(members.map(({ owner }) => owner))];
  const owners = all.filter((owner) => wanted === undefined || owner === wanted);
  return owners.map((owner) => members.filter((member) => member.owner === owner));
}

/** Why nothing is written: it may be a rotation in progress (`young`), or people must decide. */
interface Violation {
  readonly young: boolean;
  readonly why: string;
}

async function violationOf(context: DoctorContext, loaded: LoadedHeads): Promise<Violation | null> {
  const { head, retired, inUse, reserved, violation, certificates, unusable } = loaded;
  const { minAgeSeconds, keep } = context.options;
  if (violation !== null) return { young: false, why: violation };
  const above = retired.map(({ replacement }) => replacement);
  const young = ageViolation(above, { databaseNow: await databaseNow(context), minAgeSeconds });
  if (young !== null) return { young: true, why: young };
  if (certificates.length > 0)
    return {
      young: false,
      why: `the certificate ${listed(certificates)} is in use with one of them`,
    };
  const name = quoted(head.key.uniqueIdentifier);
  if (head.key.state !== 'Active')
    return { young: false, why: `the highest generation, ${name}, is ${head.key.state}` };
  if (unusable !== null) return { young: false, why: unusable };
  const isChosen = isKept(head, keep);
  const [disorder] = retired.flatMap(
    ({ replaced, replacement }) => orderViolation(replaced, replacement) ?? [],
  );
  if (disorder !== undefined && !isChosen)
    return {
      young: false,
      why: `${disorder}: confirm with --keep ${shellWord(head.key.uniqueIdentifier)}`,
    };
  if (reserved !== null && !isChosen) return { young: false, why: reserved };
  const unlinked = retired.find(
    ({ replaced, replacement }) =>
      linkTo(replacement.key.attributes, 'ReplacedObjectLink') !== replaced.key.uniqueIdentifier,
  );
  if (unlinked !== undefined && !isChosen)
    return {
      young: false,
      why: `${quoted(unlinked.replacement.key.uniqueIdentifier)} does not say that it replaces ${quoted(unlinked.replaced.key.uniqueIdentifier)}: confirm with --keep ${shellWord(head.key.uniqueIdentifier)}`,
    };
  const stray = loaded.retired.flatMap((one) => strayLinkOf(one, loaded) ?? []);
  if (stray.length > 0)
    return {
      young: false,
      why: `${stray.map(quoted).join(', ')} outside the keyset is named as a replacement`,
    };
  const now = context.now();
  const [difference] = inUse.flatMap((member) => differenceFromRotation(member, head, now) ?? []);
  return difference === undefined
    ? null
    : { young: false, why: `${name} is not what a rotation would have made: ${difference}` };
}

/** Says whether --keep names a generation, which confirms what the finding proposes. */
function isKept(generation: Generation, keep: readonly string[]): boolean {
  return uidsOfGeneration(generation).some((uid) => keep.includes(uid));
}

/** Returns what a member names as its replacement, if that is there and no member of the keyset. */
function strayLinkOf(
  { replaced }: LoadedHeads['retired'][number],
  { head, retired, relatedObjects }: LoadedHeads,
): string | null {
  const uid = linkTo(replaced.key.attributes, 'ReplacementObjectLink');
  const members = [head, ...retired.map((one) => one.replaced)].flatMap(uidsOfGeneration);
  return uid !== null && relatedObjects.has(uid) && !members.includes(uid) ? uid : null;
}

function headsFinding(
  name: string,
  { head, retired, inUse }: LoadedHeads,
  violation: Violation | null,
  prepareRepair: Prepare,
): Finding {
  const headUid = head.key.uniqueIdentifier;
  const members = [...retired.map(({ replaced }) => replaced), head];
  const uids = members.flatMap(uidsOfGeneration);
  const finding = {
    code: 'keyset-heads',
    severity: 'error',
    uids,
    message: `${listed([...inUse].reverse().map(({ key }) => key.uniqueIdentifier))} of the keyset ${quoted(name)} ${inUse.length === 1 ? 'is' : 'are'} still in use beside its highest generation, ${quoted(headUid)}`,
  } as const;
  if (violation === null) {
    return {
      ...finding,
      repair: `makes ${quoted(headUid)} the head, and replaces every member below it in order`,
      why: 'a server encrypts with the highest generation, and decrypts with all of them',
      action: { kind: 'write', prepare: prepareRepair },
    };
  }
  const { young, why } = violation;
  const advice = `nothing: it is for you to decide; if the highest generation is not to be used again, kms rotate key ${name}@${generationNumber(head)}`;
  return toldFinding({
    ...finding,
    severity: young ? 'note' : 'error',
    repair: young ? 'nothing yet: run doctor again later' : advice,
    why,
  });
}

/** The members are searched for again, and the transaction fails if there are others by then. */
async function prepare(
  context: DoctorContext,
  name: string,
  owner: string | null,
): Promise<UnitOfWork | null> {
  const members = (await context.store.keysets([name])).get(name) ?? [];
  const own = members.filter((member) => member.owner === owner);
  if (own.some(({ generation }) => generation === null)) return null;
  const loaded = await loadHeads(
    context,
    name,
    own.map(({ uid }) => uid),
  );
  if (loaded === null) return null;
  const violation = await violationOf(context, loaded);
  const { head, retired, inUse, relatedObjects, wraps, decidedBy } = loaded;
  if (violation !== null)
    throw new KmsError('ConcurrentChange', `it has changed meanwhile: ${violation.why}`, {
      uid: head.key.uniqueIdentifier,
    });
  const wrappingKeyMismatches = await context.store.findWrappingKeyMismatches();
  const changes = settlementChanges(
    { retired, rolledBack: [], live: head, heirOf: inUse, unchanged: [] },
    { now: context.now(), relatedObjects, wraps, wrappingKeyMismatches },
  );
  const log = retired.map(({ replaced, replacement }) =>
    doctorLogRow(context, {
      uid: replaced.key.uniqueIdentifier,
      outcome: 'completed',
      replacementUid: replacement.key.uniqueIdentifier,
    }),
  );
  const schedule = scheduleLog(context, { live: head, heirOf: inUse });
  return { ...changes, ownRows: [...log, ...schedule], decidedBy };
}
