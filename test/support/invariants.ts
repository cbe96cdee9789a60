// What must hold of a store whatever befell the runs on it: every object untouched, re-wrapped or wholly
// replaced, once, with all that goes with it. Each rule names what breaks it; a new kind of object adds a
// rule to the list. Nothing of the product is asked.
import { isDeepStrictEqual } from 'node:util';
import type { RotateDocument } from './documents.js';
import { relinking } from './relinked.js';
import {
  arrow,
  bytesOf,
  linksOf,
  wrappingUidOf,
  type Contents,
  type Members,
  type StoredObject,
} from './store-contents.js';

/** Yields what is wrong with a store now, given what it was before the runs. */
type Rule = (before: Contents, now: Contents) => Iterable<string>;

const RULES: readonly Rule[] = [
  everyObjectIsUntouchedRewrappedOrRetired,
  everyNewObjectReplacesOne,
  everyRotationIsLoggedOnce,
  everyKeysetHasOneLatest,
  everyWrappedObjectOpens,
  noTwoKeysHaveTheSameBytes,
  bothHalvesOfAPairGoTogether,
  tagsAndGrantsBelongToObjects,
];

/** Returns what runs have broken, nothing if all is well. */
export function violations(before: Contents, now: Contents): readonly string[] {
  return RULES.flatMap((rule) => [...rule(before, now)]);
}

/** Returns the uids of Active objects with a rotation policy that is on, public halves aside. */
export function armed({ objects }: Contents): readonly string[] {
  return [...objects.values()]
    .filter(({ row, column }) => row.state === 'Active' && column['RotateAutomatic'] !== false)
    .filter(({ column }) => Number(column['RotateInterval'] ?? 0) > 0)
    .map(({ row }) => row.id);
}

/** Returns `replaced → replacement` of every object that was replaced since; of a pair, its private key. */
export function rotationsSince(before: Contents, now: Contents): readonly string[] {
  return [...now.objects.values()]
    .filter(({ row, objectType }) => !before.objects.has(row.id) && objectType !== 'PublicKey')
    .map(({ row, column }) => arrow(linksOf(column, 'ReplacedObjectLink').join(), row.id))
    .sort();
}

/** Returns what reports of runs, taken together, say otherwise than the store. */
export function misreported(
  reports: readonly Pick<RotateDocument, 'results'>[],
  before: Contents,
  now: Contents,
): readonly string[] {
  const reported = reports
    .flatMap(({ results }) => results)
    .filter(({ outcome }) => outcome === 'rotated')
    .map(({ uid, replacementUid }) => arrow(uid, replacementUid));
  return differences('reported', reported, 'done', rotationsSince(before, now));
}

/** What retiring an object changes in its attributes; all else stays. */
const RETIREMENT = [
  'DeactivationDate',
  'LastChangeDate',
  'Link',
  'Name',
  'RotateGeneration',
  'RotateInterval',
  'RotateLatest',
  'State',
];

/** What re-wrapping a dependant changes in its attributes. */
const REWRAPPING = ['Attribute', 'LastChangeDate', 'Link'];

function* everyObjectIsUntouchedRewrappedOrRetired(before: Contents, now: Contents) {
  for (const [uid, was] of before.objects) {
    const is = now.objects.get(uid);
    if (is === undefined) {
      yield `${uid} is gone`;
      continue;
    }
    for (const what of ['tags', 'grants'] as const) {
      if (!isDeepStrictEqual(before[what].get(uid), now[what].get(uid)))
        yield `the ${what} of ${uid} were changed`;
    }
    if (isDeepStrictEqual(was.row, is.row)) continue;
    if (was.row.owner !== is.row.owner) yield `the owner of ${uid} was changed`;
    if (linksOf(is.column, 'ReplacementObjectLink').length > 0) yield* retiredWell(was, is, now);
    else if (was.row.wrapping_key_id !== is.row.wrapping_key_id)
      yield* rewrappedWell(was, is, before, now);
    else if (relinking(was.row, is.row) !== null) yield* relinkedWell(was, is, now);
    else yield `${uid} was changed but neither replaced nor re-wrapped`;
  }
}

function* retiredWell(was: StoredObject, is: StoredObject, now: Contents) {
  const uid = is.row.id;
  const state = was.row.state === 'Active' ? 'Deactivated' : was.row.state;
  if (is.row.state !== state) yield `${uid} is replaced but ${is.row.state}`;
  // Its wrapping key may have been replaced as well, before or after.
  const isRewrapped = was.row.wrapping_key_id !== is.row.wrapping_key_id;
  if (isRewrapped && !followsReplacement(was, is, now))
    yield `${uid} was retired and moved to another wrapping key`;
  if (!isRewrapped && !isDeepStrictEqual(is.keyMaterial, was.keyMaterial))
    yield `${uid} has other key material`;
  const changed = isRewrapped ? [...RETIREMENT, ...REWRAPPING] : RETIREMENT;
  const copies = [[was.column, is.column] as const];
  if (was.embedded !== null) copies.push([was.embedded, is.embedded ?? {}]);
  for (const [former, members] of copies) {
    if (!isDeepStrictEqual(without(former, changed), without(members, changed)))
      yield `the retirement of ${uid} changed more than it may`;
    const [State, interval, latest] = ['State', 'RotateInterval', 'RotateLatest'].map(
      (name) => members[name],
    );
    // Like the flag on a certificate outside a keyset, which a server leaves absent.
    const isUnflagged =
      members['ObjectType'] === 'Certificate' && former['RotateLatest'] === latest;
    if (State !== state || interval !== 0 || members['Name'] !== undefined)
      yield `${uid} is retired by half: ${JSON.stringify({ State, interval })}`;
    if (latest !== false && !(isUnflagged && latest === undefined))
      yield `${uid} is retired by half: ${JSON.stringify({ latest })}`;
    if (linksOf(members, 'ReplacementObjectLink').length !== 1)
      yield `${uid} does not name one replacement in both copies of its attributes`;
  }
}

function* relinkedWell(was: StoredObject, is: StoredObject, now: Contents) {
  const [from, to] = relinking(was.row, is.row) ?? ['', ''];
  const replacement = linksOf(now.objects.get(from)?.column ?? {}, 'ReplacementObjectLink').join();
  if (replacement !== to) yield `${is.row.id} was moved from the certificate ${from} to ${to}`;
}

function* rewrappedWell(was: StoredObject, is: StoredObject, before: Contents, now: Contents) {
  const uid = is.row.id;
  if (!followsReplacement(was, is, now))
    yield `${uid} was moved to ${String(is.row.wrapping_key_id)}, which replaces nothing`;
  if (is.row.state !== was.row.state) yield `re-wrapping changed the state of ${uid}`;
  if (!isDeepStrictEqual(without(was.column, REWRAPPING), without(is.column, REWRAPPING)))
    yield `re-wrapping ${uid} changed more than it may`;
  const bytes = bytesOf(before, uid);
  if (bytes !== null && !bytesOrNothing(now, uid).equals(bytes))
    yield `re-wrapping changed the bytes of ${uid}`;
}

/** What a replacement takes over as it is. */
const CARRIED = [
  'CryptographicAlgorithm',
  'CryptographicUsageMask',
  'Name',
  'ObjectType',
  'RotateAutomatic',
  'RotateInterval',
  'RotateName',
  'RotateOffset',
];

/** Says whether an object is under what replaced the key that it was under. */
function followsReplacement(was: StoredObject, is: StoredObject, { objects }: Contents): boolean {
  const formerly = objects.get(was.row.wrapping_key_id ?? '')?.column ?? {};
  return linksOf(formerly, 'ReplacementObjectLink').join() === is.row.wrapping_key_id;
}

function* everyNewObjectReplacesOne(before: Contents, now: Contents) {
  const replacementOf = new Map<string, string>();
  for (const [uid, object] of now.objects) {
    if (before.objects.has(uid)) continue;
    const [replacedUid = '', ...others] = linksOf(object.column, 'ReplacedObjectLink');
    const was = before.objects.get(replacedUid);
    if (was === undefined || others.length > 0) {
      yield `${uid} is new but replaces ${[replacedUid, ...others].join() || 'nothing'}`;
      continue;
    }
    const rival = replacementOf.get(replacedUid);
    if (rival !== undefined) yield `${replacedUid} has two replacements, ${rival} and ${uid}`;
    replacementOf.set(replacedUid, uid);
    yield* replacesWell(object, was, before, now);
  }
  for (const [uid, { column }] of before.objects) {
    const is = linksOf(now.objects.get(uid)?.column ?? {}, 'ReplacementObjectLink');
    if (is.length === 0 || isDeepStrictEqual(is, linksOf(column, 'ReplacementObjectLink')))
      continue;
    if (is.join() !== replacementOf.get(uid))
      yield `${uid} names ${is.join()} as replacement, which does not link back`;
  }
}

function* replacesWell(is: StoredObject, was: StoredObject, before: Contents, now: Contents) {
  const [uid, replaced] = [is.row.id, was.row.id];
  if (is.row.state !== 'Active' || is.column['State'] !== 'Active')
    yield `the replacement ${uid} is ${is.row.state}`;
  if (is.row.owner !== was.row.owner) yield `${uid} has another owner than ${replaced}`;
  const schedule = is.objectType === 'PublicKey' ? ['RotateAutomatic', 'RotateInterval'] : [];
  for (const name of CARRIED.filter((one) => !schedule.includes(one))) {
    if (!isDeepStrictEqual(is.column[name], was.column[name]))
      yield `${uid} has another ${name} than ${replaced}`;
  }
  const generation = Number(was.column['RotateGeneration'] ?? 0) + 1;
  if (is.column['RotateGeneration'] !== generation || is.column['RotateLatest'] !== true)
    yield `${uid} is not the latest and of generation ${generation}`;
  if (!isDeepStrictEqual(before.tags.get(replaced), now.tags.get(uid)))
    yield `${uid} has other tags than ${replaced}`;
  if (!isDeepStrictEqual(before.grants.get(replaced), now.grants.get(uid)))
    yield `${uid} has other grants than ${replaced}`;
  const [former, fresh] = [bytesOf(before, replaced), bytesOf(now, uid)];
  if (former !== null && fresh?.length !== former.length)
    yield `${uid} has ${fresh?.length ?? 'no'} bytes where ${replaced} has ${former.length}`;
}

function* everyRotationIsLoggedOnce(before: Contents, now: Contents) {
  const logged = [...now.rotationsLogged];
  for (const entry of before.rotationsLogged) logged.splice(logged.indexOf(entry), 1);
  yield* differences('logged', logged, 'done', rotationsSince(before, now));
}

function* everyKeysetHasOneLatest(_before: Contents, { objects }: Contents) {
  const members = new Map<string, StoredObject[]>();
  for (const object of objects.values()) {
    const name = object.column['RotateName'];
    if (typeof name !== 'string' || object.objectType === 'PublicKey') continue;
    members.set(name, [...(members.get(name) ?? []), object]);
  }
  const generationOf = ({ column }: StoredObject) => Number(column['RotateGeneration'] ?? 0);
  for (const [name, keyset] of members) {
    const inOrder = keyset.sort((one, other) => generationOf(one) - generationOf(other));
    // A server may have deleted some: what is new is one generation later than what it replaces.
    if (new Set(inOrder.map(generationOf)).size < inOrder.length)
      yield `the generations of ${name} are ${inOrder.map(generationOf).join()}`;
    const latest = inOrder.filter(({ column }) => column['RotateLatest'] === true);
    // One that was never rotated may not say so yet.
    if (keyset.length > 1 && (latest.length !== 1 || latest[0] !== inOrder.at(-1)))
      yield `the latest of ${name} is ${latest.map(({ row }) => row.id).join() || 'none'}`;
    for (const member of inOrder) {
      const [generation, { id }] = [generationOf(member), member.row];
      if (id !== (generation === 0 ? name : `${name}@${generation}`))
        yield `generation ${generation} of ${name} is called ${id}`;
    }
  }
}

function* everyWrappedObjectOpens(_before: Contents, now: Contents) {
  for (const [uid, { row, keyWrappingData }] of now.objects) {
    if (row.state.startsWith('Destroyed')) continue;
    const named = keyWrappingData === null ? null : wrappingUidOf(keyWrappingData);
    if (row.wrapping_key_id !== named)
      yield `${uid} has wrapping_key_id ${String(row.wrapping_key_id)} and is under ${String(named)}`;
    if (named === null) continue;
    const state = now.objects.get(named)?.row.state ?? 'not there';
    if (state !== 'Active') yield `${uid} is wrapped by ${named}, which is ${state}`;
    if (bytesOrNothing(now, uid).length === 0 && bytesAreKnowable(now, uid))
      yield `${uid} does not unwrap with ${named}`;
  }
}

function* noTwoKeysHaveTheSameBytes(_before: Contents, now: Contents) {
  const seen = new Map<string, string>();
  for (const uid of now.objects.keys()) {
    const bytes = bytesOrNothing(now, uid).toString('hex');
    const rival = seen.get(bytes);
    if (bytes !== '' && rival !== undefined) yield `${rival} and ${uid} have the same bytes`;
    seen.set(bytes, uid);
  }
  for (const [uid, { objectType, keyMaterial }] of now.objects) {
    if (objectType !== 'PrivateKey') continue;
    const material = JSON.stringify(keyMaterial);
    if (seen.has(material)) yield `${seen.get(material)!} and ${uid} have the same material`;
    seen.set(material, uid);
  }
}

function* bothHalvesOfAPairGoTogether(_before: Contents, { objects }: Contents) {
  const linked = (members: Members, type: string) => linksOf(members, type).join();
  for (const [uid, { objectType, column }] of objects) {
    if (objectType !== 'PrivateKey') continue;
    const publicUid = linked(column, 'PublicKeyLink');
    const other = objects.get(publicUid)?.column ?? {};
    if (linked(other, 'PrivateKeyLink') !== uid) yield `${publicUid} does not link to ${uid}`;
    const [one, two] = [column, other].map((half) => linked(half, 'ReplacementObjectLink'));
    // A server may have deleted both since.
    if (one !== '' && !objects.has(one!) && !objects.has(two!)) continue;
    const expected = linked(objects.get(one!)?.column ?? {}, 'PublicKeyLink');
    if (two !== expected) yield `${uid} is replaced by ${one}, ${publicUid} by ${two}`;
  }
}

function* tagsAndGrantsBelongToObjects(_before: Contents, now: Contents) {
  for (const uid of [...now.tags.keys(), ...now.grants.keys()]) {
    if (!now.objects.has(uid)) yield `${uid} has tags or grants but is not there`;
  }
}

function differences(
  one: string,
  these: readonly string[],
  other: string,
  those: readonly string[],
): readonly string[] {
  const twice = these.filter((entry, index) => these.indexOf(entry) !== index);
  const [first, second] = [new Set(these), new Set(those)];
  return [
    ...twice.map((entry) => `${entry} is ${one} twice`),
    ...[...first].filter((entry) => !second.has(entry)).map((entry) => `${entry} is not ${other}`),
    ...[...second].filter((entry) => !first.has(entry)).map((entry) => `${entry} is not ${one}`),
  ];
}

function without(members: Members, names: readonly string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

/** Returns the bytes of a symmetric key; none where they do not unwrap. */
function bytesOrNothing(contents: Contents, uid: string): Buffer {
  try {
    return bytesOf(contents, uid) ?? Buffer.alloc(0);
  } catch {
    return Buffer.alloc(0);
  }
}

function bytesAreKnowable(contents: Contents, uid: string): boolean {
  try {
    return bytesOf(contents, uid) !== null;
  } catch {
    return true;
  }
}
