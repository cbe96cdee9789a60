// Links that lead nowhere, or that the other side does not return: notes. Objects without links are ordinary, as imported
// ones.
import { linkTo } from '../kmip/attributes.js';
import { isDestroyed, type ManagedObject } from '../kmip/managed-object.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { LinkType } from '../kmip/vocabulary.js';
import type { DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';
import { oneSidedFindings } from './one-sided-links.js';
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
