// What doctor must not do to a damaged store, whatever befell it: each rule says what is worse after it than before. Nothing of
// the product is asked.
import { createDecipheriv } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  bytesOf,
  linksOf,
  wrappingUidOf,
  type Contents,
  type Members,
  type StoredObject,
} from './store-contents.js';

type Rule = (before: Contents, now: Contents, logged: string) => Iterable<string>;

const RULES: readonly Rule[] = [
  noMaterialIsLost,
  noDependantBecomesUnreadable,
  noLiveKeyIsRetiredWithoutASuccessor,
  noRetiredKeyHasAName,
  noNameIsLost,
  noDestroyedRowIsWritten,
  rightsAndScheduleGoOn,
  nothingUsedIsTakenBack,
];

/** Returns what is worse now; `logged` is all that our log says. */
export function harms(before: Contents, now: Contents, logged: string): readonly string[] {
  return RULES.flatMap((rule) => [...rule(before, now, logged)]);
}

const isDestroyed = ({ row }: StoredObject) => row.state.startsWith('Destroyed');

function* noMaterialIsLost(before: Contents, now: Contents) {
  for (const [uid, was] of before.objects) {
    const is = now.objects.get(uid);
    if (is === undefined) {
      yield `${uid} is gone`;
      continue;
    }
    if (isDestroyed(was)) continue;
    const [one, other] = [plainOf(before, uid), plainOf(now, uid)];
    if (one === null && was.keyWrappingData !== null) {
      if (!isDeepStrictEqual(was.keyWrappingData, is.keyWrappingData) && bytesBefore(before, uid))
        yield `${uid} was re-wrapped, and nobody knows from what`;
      continue;
    }
    if (!isDeepStrictEqual(one, other)) yield `${uid} has other material`;
  }
}

function bytesBefore(before: Contents, uid: string): boolean {
  return plainOf(before, uid) !== null;
}

/** Returns the material in clear; null if it does not unwrap, or this does not know how. */
function plainOf(contents: Contents, uid: string): unknown {
  const object = contents.objects.get(uid);
  if (object === undefined) return null;
  const { keyMaterial, keyWrappingData } = object;
  if (keyWrappingData === null) return keyMaterial ?? object.row.object;
  try {
    return openedBy(contents, keyWrappingData, keyMaterial);
  } catch {
    return null;
  }
}

function openedBy(contents: Contents, data: Members, material: unknown): string | null {
  const wrapping = bytesOf(contents, wrappingUidOf(data));
  const information = data['EncryptionKeyInformation'] as Members;
  const mode = (information['CryptographicParameters'] as Members | undefined)?.['BlockCipherMode'];
  if (wrapping === null || mode !== 'AESKeyWrapPadding' || !Array.isArray(material)) return null;
  const decipher = createDecipheriv(
    `id-aes${wrapping.length * 8}-wrap-pad`,
    wrapping,
    Buffer.from('A65959A6', 'hex'),
  );
  return Buffer.concat([
    decipher.update(Buffer.from(material as number[])),
    decipher.final(),
  ]).toString('hex');
}

function* noDependantBecomesUnreadable(before: Contents, now: Contents) {
  for (const [uid, is] of now.objects) {
    if (isDestroyed(is) || is.keyWrappingData === null) continue;
    const named = wrappingUidOf(is.keyWrappingData);
    if (
      is.row.wrapping_key_id !== named &&
      before.objects.get(uid)?.row.wrapping_key_id !== is.row.wrapping_key_id
    )
      yield `${uid} names two wrapping keys`;
    if (plainOf(before, uid) !== null && plainOf(now, uid) === null) yield `${uid} opens no more`;
    const was = before.objects.get(uid);
    const formerly = before.objects.get(was?.row.wrapping_key_id ?? '')?.row.state;
    const state = now.objects.get(named)?.row.state;
    if (formerly === 'Active' && state !== 'Active')
      yield `${uid} is left under ${named}, which is ${state}`;
  }
}

/** Returns the end of an object's chain of replacements. */
function liveOf({ objects }: Contents, uid: string): StoredObject | undefined {
  let object = objects.get(uid);
  for (let steps = 0; object !== undefined && steps < 50; steps += 1) {
    const [next] = linksOf(object.column, 'ReplacementObjectLink');
    if (next === undefined || !objects.has(next)) return object;
    object = objects.get(next);
  }
  return object;
}

function* noLiveKeyIsRetiredWithoutASuccessor(before: Contents, now: Contents) {
  for (const [uid, was] of before.objects) {
    const is = now.objects.get(uid);
    if (is === undefined || was.row.state !== 'Active' || is.row.state === 'Active') continue;
    const live = liveOf(now, survivorOf(uid, before, now));
    if (live?.row.state !== 'Active')
      yield `${uid} was retired, and ${live?.row.id ?? 'nothing'} is ${live?.row.state ?? 'there'}`;
    if (is.column['State'] !== is.row.state && is.objectType !== 'Certificate')
      yield `${uid} is retired by half`;
  }
}

/** Of one that was taken back, what it was to replace; that may have been taken back as well. */
function survivorOf(uid: string, before: Contents, now: Contents, steps = 20): string {
  const [replaced] = linksOf(before.objects.get(uid)?.column ?? {}, 'ReplacedObjectLink');
  const { column = {} } = now.objects.get(uid) ?? {};
  const links = ['ReplacedObjectLink', 'ReplacementObjectLink'].flatMap((type) =>
    linksOf(column, type),
  );
  if (replaced === undefined || links.length > 0 || steps === 0) return uid;
  return survivorOf(replaced, before, now, steps - 1);
}

const namesOf = ({ column }: StoredObject) =>
  ((column['Name'] ?? []) as { NameValue: string }[]).map(({ NameValue }) => NameValue);

function* noRetiredKeyHasAName(before: Contents, now: Contents) {
  for (const [uid, is] of now.objects) {
    const was = before.objects.get(uid);
    if (
      was === undefined ||
      is.row.state === 'Active' ||
      isDeepStrictEqual(was.row, is.row) ||
      isDestroyed(is)
    )
      continue;
    if (was.row.wrapping_key_id !== is.row.wrapping_key_id) continue;
    if (namesOf(is).length > 0)
      yield `${uid} is ${is.row.state} and has the name ${namesOf(is).join()}`;
  }
}

/** The name of a row that a cache has written back may be one that somebody has changed since: our log keeps it. */
function* noNameIsLost(before: Contents, now: Contents, logged: string) {
  const held = (contents: Contents) =>
    new Set(
      [...contents.objects.values()].filter(({ row }) => row.state === 'Active').flatMap(namesOf),
    );
  const still = held(now);
  for (const name of held(before))
    if (!still.has(name) && !logged.includes(JSON.stringify(name)))
      yield `nobody has the name ${name} any more`;
}

function* noDestroyedRowIsWritten(before: Contents, now: Contents) {
  for (const [uid, was] of before.objects) {
    if (isDestroyed(was) && !isDeepStrictEqual(was.row, now.objects.get(uid)?.row))
      yield `${uid} is destroyed and was written`;
  }
}

const isArmed = ({ row, column }: StoredObject) =>
  row.state === 'Active' &&
  column['RotateAutomatic'] !== false &&
  Number(column['RotateInterval'] ?? 0) > 0;

function* rightsAndScheduleGoOn(before: Contents, now: Contents) {
  for (const [uid, was] of before.objects) {
    const is = now.objects.get(uid);
    if (is === undefined || was.row.state !== 'Active' || is.row.state === 'Active') continue;
    if (linksOf(is.column, 'ReplacementObjectLink').length === 0) continue;
    if (
      isDeepStrictEqual(
        linksOf(was.column, 'ReplacementObjectLink'),
        linksOf(is.column, 'ReplacementObjectLink'),
      )
    )
      continue;
    const live = liveOf(now, uid);
    if (live === undefined) continue;
    if (isArmed(was) && was.objectType !== 'PublicKey' && !isArmed(live))
      yield `${live.row.id} has no schedule, and ${uid} had one`;
    const tags = now.tags.get(live.row.id) ?? [];
    for (const tag of before.tags.get(uid) ?? [])
      if (!tags.includes(tag)) yield `${live.row.id} lacks the tag ${tag} of ${uid}`;
    const grants = grantsOf(now, live.row.id);
    for (const [user, permissions] of grantsOf(before, uid)) {
      for (const one of permissions)
        if (grants.get(user)?.includes(one) !== true)
          yield `${live.row.id} does not grant ${user} ${one}, as ${uid} does`;
    }
  }
  for (const what of ['tags', 'grants'] as const) {
    for (const [uid, had] of before[what]) {
      if (what === 'tags' && had.some((tag) => now.tags.get(uid)?.includes(tag) !== true))
        yield `${uid} lost a tag`;
      if (what === 'grants' && (now.grants.get(uid)?.length ?? 0) < had.length)
        yield `${uid} lost a grant`;
    }
  }
}

function grantsOf({ grants }: Contents, uid: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    (grants.get(uid) ?? []).map((text) => {
      const at = text.indexOf(' ');
      return [text.slice(0, at), JSON.parse(text.slice(at + 1)) as string[]];
    }),
  );
}

function* nothingUsedIsTakenBack(before: Contents, now: Contents) {
  for (const [uid, was] of before.objects) {
    const is = now.objects.get(uid);
    if (is === undefined || was.row.state !== 'Active' || is.row.state === 'Active') continue;
    if (linksOf(is.column, 'ReplacementObjectLink').length > 0) continue;
    if (linksOf(was.column, 'ReplacedObjectLink').length === 0)
      yield `${uid} was retired without a replacement`;
    if ((before.tags.get(uid) ?? []).some((tag) => tag.startsWith('used-')))
      yield `${uid} has a tag and was taken back`;
    if ((before.grants.get(uid) ?? []).length > 0) yield `${uid} is granted and was taken back`;
    const deriving = [...before.objects.values()].find(({ column }) =>
      linksOf(column, 'DerivationBaseObjectLink').includes(uid),
    );
    if (deriving !== undefined)
      yield `${deriving.row.id} was derived from ${uid}, which was taken back`;
  }
}
