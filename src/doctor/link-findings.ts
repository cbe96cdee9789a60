// Links that lead nowhere, or that the other side does not return: notes. A link back is written only where our log proves
// it. Objects without links are ordinary, as imported ones.
import { KmsError } from '../errors.js';
import { withReplaced } from '../flows/replacement-links.js';
import { linkTo } from '../kmip/attributes.js';
import { isDestroyed, readableAttributes, type ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { LinkType } from '../kmip/vocabulary.js';
import { replacementUidOf } from '../rotation/related-objects.js';
import type { LoggedFact } from '../store/own/read-log.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { doctorLogRow, type DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';
import { quoted } from '../text/phrases.js';

export async function linkFindings(
  context: DoctorContext,
  objects: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const live = objects.filter((object) => !isDestroyed(object));
  const links = live.flatMap(linksOf);
  const broken = await linksToNothing(context, links);
  return [
    ...broken.map(brokenFinding),
    ...(await counterpartFindings(context, live, objects)),
    ...(await oneSidedFindings(context, live)),
  ];
}

/** A database may take a uid for one in other letters, and a server finds what is meant. */
async function linksToNothing(
  { store }: Pick<DoctorContext, 'store'>,
  links: readonly ObjectLink[],
): Promise<readonly ObjectLink[]> {
  const there = await store.existingUids([...new Set(links.map(({ to }) => to))]);
  const suspects = links.filter(({ to }) => !there.has(to));
  if (suspects.length === 0) return [];
  const meant = await store.loadRelated([...new Set(suspects.map(({ to }) => to))]);
  return suspects.filter(({ to }) => !meant.has(to));
}

interface ObjectLink {
  readonly from: ManagedObject;
  readonly type: LinkType;
  readonly to: string;
}

/** A wrapping key that is not there is a finding of its own; what is in a module has no row. */
function linksOf(from: ManagedObject): readonly ObjectLink[] {
  return from.attributes.links.flatMap(({ linkType: type, linkedObjectIdentifier: to }) =>
    type === 'WrappingKeyLink' || isHsmUid(to) || to === from.uniqueIdentifier
      ? []
      : [{ from, type, to }],
  );
}

const KEY_LINKS: readonly LinkType[] = ['PublicKeyLink', 'PrivateKeyLink'];

function brokenFinding({ from, type, to }: ObjectLink): Finding {
  const { uniqueIdentifier: uid, objectType } = from;
  const isHalf = KEY_LINKS.includes(type);
  const code = isHalf
    ? objectType === 'Certificate'
      ? 'half-certificate'
      : 'half-pair'
    : 'broken-link';
  return toldFinding({
    code,
    severity: 'note',
    uids: [uid, to],
    message: `the ${type} of ${quoted(uid)} leads to ${quoted(to)}, which is not in the store`,
    repair: isHalf
      ? 'nothing: import that key again with Import, or remove the link with DeleteAttribute'
      : 'nothing: remove the link with DeleteAttribute, or restore that object from a copy of the store',
    why: 'doctor cannot know whether that object is still wanted',
  });
}

/** One key of a pair is Active and the other is not: a server changes both together. */
async function counterpartFindings(
  { store }: Pick<DoctorContext, 'store'>,
  live: readonly ManagedObject[],
  page: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const states = new Map<string, string | null>(
    page.map(({ uniqueIdentifier, state }) => [uniqueIdentifier, state]),
  );
  const pairs = live.flatMap((object) => {
    const to =
      object.objectType === 'PrivateKey' ? linkTo(object.attributes, 'PublicKeyLink') : null;
    return to === null ? [] : [{ object, to }];
  });
  const elsewhere = pairs.map(({ to }) => to).filter((uid) => !states.has(uid));
  const rows = elsewhere.length === 0 ? [] : await store.readRows(elsewhere);
  for (const { id, state } of rows) states.set(id, state);
  return pairs.flatMap(({ object, to }) => {
    const [state, other] = [object.state, states.get(to)];
    if (other === undefined || (state === 'Active') === (other === 'Active')) return [];
    const uid = object.uniqueIdentifier;
    return [
      toldFinding({
        code: 'half-pair',
        severity: 'note',
        uids: [uid, to],
        message: `${quoted(uid)} is ${state}, and its public key, ${quoted(to)}, is ${other ?? 'without a state'}`,
        repair: 'nothing: bring both into one state with Activate or Revoke',
        why: 'only people know which of the two states is meant',
      }),
    ];
  });
}

/** The replaced object is over and names its replacement, which does not name it back. */
async function oneSidedFindings(
  context: DoctorContext,
  live: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const replaced = new Map(
    live.flatMap((object) => {
      const by = object.state === 'Active' ? null : replacementUidOf(object);
      return by === null ? [] : [[by, object] as const];
    }),
  );
  const suspects: {
    readonly object: ManagedObject;
    readonly by: string;
    readonly names: string | null;
  }[] = [];
  for await (const page of context.store.findByUids([...replaced.keys()], { tags: [] })) {
    for (const { id, attributes } of page) {
      const object = replaced.get(id);
      const read = readableAttributes(id, attributes);
      if (object === undefined || read === null) continue;
      const names = linkTo(read, 'ReplacedObjectLink');
      if (names !== object.uniqueIdentifier) suspects.push({ object, by: id, names });
    }
  }
  if (suspects.length === 0) return [];
  const facts = await context.store.loggedFacts(
    suspects.map(({ object }) => object.uniqueIdentifier),
  );
  return suspects.flatMap(({ object, by, names }) => {
    const uid = object.uniqueIdentifier;
    const word = lastWord(facts, uid);
    // Then no-live-key says more.
    if (word?.replacementUid === by && word.outcome === 'rolled-back') return [];
    const finding = {
      code: 'broken-link',
      severity: 'note',
      uids: [uid, by],
      message: `${quoted(uid)} says that ${quoted(by)} replaces it, which ${names === null ? 'does not say so' : `names ${quoted(names)} instead`}`,
    } as const;
    if (names !== null || word?.replacementUid !== by)
      return [
        toldFinding({
          ...finding,
          repair: 'nothing: set the link right with SetAttribute or DeleteAttribute',
          why: 'the log of kms does not say that the one replaced the other',
        }),
      ];
    return [
      {
        ...finding,
        repair: `links ${quoted(by)} back to ${quoted(uid)}`,
        why: 'the log of kms and the replaced object say so',
        action: { kind: 'write', prepare: () => prepare(context, uid, by) },
      },
    ];
  });
}

function lastWord(facts: readonly LoggedFact[], uid: string): LoggedFact | undefined {
  return facts.findLast((fact) => fact.uid === uid && fact.replacementUid !== null);
}

async function prepare(
  context: DoctorContext,
  uid: string,
  by: string,
): Promise<UnitOfWork | null> {
  const { store } = context;
  const related = await store.loadRelated([uid]);
  const [object, replacement] = [related.get(uid), related.get(by)];
  if (object === undefined || object instanceof KmsError) return null;
  if (replacement === undefined || replacement instanceof KmsError) return null;
  const word = lastWord(await store.loggedFacts([uid]), uid);
  const isProved =
    object.state !== 'Active' &&
    replacementUidOf(object) === by &&
    replacement.objectType === object.objectType &&
    !isDestroyed(replacement) &&
    linkTo(replacement.attributes, 'ReplacedObjectLink') === null &&
    word?.replacementUid === by &&
    word.outcome !== 'rolled-back';
  if (!isProved) return null;
  const message = `linked it back to ${JSON.stringify(uid)}`;
  return {
    changes: [
      { kind: 'replace', ...withReplaced(replacement, uid, context.now()) },
      { kind: 'replace', before: object.row, after: object.row },
    ],
    rewrapping: null,
    ownRows: [doctorLogRow(context, { uid: by, outcome: 'repaired', message })],
  };
}
