// `kms doctor UID`: what the store and our log say about one object, so that a person can decide what doctor does not.
// evidence-lines.ts prints it.
import { errorThrownBy, KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import { readableAttributes } from '../kmip/managed-object.js';
import { compareUids } from '../rotation/plan.js';
import { decodeOrError } from '../store/find/rows.js';
import type { LogEntry } from '../store/own/rotation-log.js';
import type { Store } from '../store/store.js';

type EvidenceStore = Pick<
  Store,
  | 'resolveUid'
  | 'readRows'
  | 'findAll'
  | 'findWrappedBy'
  | 'findWrappingKeyMismatches'
  | 'rightsOf'
  | 'findLogEntries'
>;

export interface Evidence {
  readonly uid: string;
  /** Null if no row has the uid. */
  readonly object: {
    readonly objectType: string | null;
    readonly state: string | null;
    readonly owner: string | null;
    readonly wrappingKeyUid: string | null;
    readonly replaces: string | null;
    readonly replacedBy: string | null;
    /** Why the row cannot be read, if it cannot. */
    readonly unreadable: string | null;
  } | null;
  /** Who links to it, what it wraps aside. */
  readonly namedBy: readonly { readonly uid: string; readonly link: string }[];
  readonly certificates: readonly string[];
  readonly dependants: readonly string[];
  /** Objects whose bytes name it as their wrapping key, and their column does not. */
  readonly dependantsByBytes: readonly string[];
  readonly tags: readonly string[];
  readonly grants: readonly { readonly user: string; readonly permissions: string }[];
  /** The newest first; null without a log. */
  readonly log: readonly LogEntry[] | null;
}

/** @throws KmsError UnknownUid if nothing at all is known of it. */
export async function evidenceOf(store: EvidenceStore, text: string): Promise<Evidence> {
  const uid = await uidOrText(store, text);
  const [row] = (await store.readRows([uid])).filter(({ id }) => id === uid);
  const read = row === undefined ? null : decodeOrError(row);
  const attributes = read === null || read instanceof KmsError ? null : read.attributes;
  const rights = await store.rightsOf(uid);
  const mismatches = await store.findWrappingKeyMismatches();
  const evidence: Evidence = {
    uid,
    object:
      row === undefined
        ? null
        : {
            objectType: read === null || read instanceof KmsError ? null : read.objectType,
            state: row.state,
            owner: row.owner,
            wrappingKeyUid: row.wrappingKeyId,
            replaces: attributes === null ? null : linkTo(attributes, 'ReplacedObjectLink'),
            replacedBy: attributes === null ? null : linkTo(attributes, 'ReplacementObjectLink'),
            unreadable: read instanceof KmsError ? read.message : null,
          },
    ...(await namingOf(store, uid)),
    dependants: await dependantsOf(store, uid),
    dependantsByBytes: mismatches
      .filter(({ wrappingKeyUid }) => wrappingKeyUid === uid)
      .map((one) => one.uid),
    tags: rights.flatMap((right) => (right.table === 'tags' ? [right.tag] : [])),
    grants: rights.flatMap((right) =>
      right.table === 'tags' ? [] : [{ user: right.userid, permissions: right.permissions }],
    ),
    log: await logOf(store, uid),
  };
  if (!isEmpty(evidence)) return evidence;
  throw new KmsError(
    'UnknownUid',
    `there is no object ${JSON.stringify(uid)}, nor a trace of one`,
    {
      uid,
      hint: 'kms key list shows what is there',
    },
  );
}

/** A uid without an object may have left traces. */
async function uidOrText(store: EvidenceStore, text: string): Promise<string> {
  try {
    return await store.resolveUid(text);
  } catch (error) {
    if (error instanceof KmsError && error.reason === 'UnknownUid') return text;
    throw error;
  }
}

async function namingOf(store: EvidenceStore, uid: string) {
  const namedBy: { readonly uid: string; readonly link: string }[] = [];
  const certificates: string[] = [];
  for await (const page of store.findAll({ tags: [] })) {
    for (const { id, attributes: text } of page) {
      // Most rows do not name it, and decoding takes longer than looking.
      const mayName = id !== uid && text.includes('LinkedObjectIdentifier');
      const attributes = mayName ? readableAttributes(id, text) : null;
      if (attributes === null) continue;
      const links = attributes.links.filter(
        (link) => link.linkedObjectIdentifier === uid && link.linkType !== 'WrappingKeyLink',
      );
      namedBy.push(...links.map(({ linkType }) => ({ uid: id, link: linkType })));
      if (links.length > 0 && attributes.objectType === 'Certificate') certificates.push(id);
    }
  }
  return { namedBy, certificates };
}

async function dependantsOf(store: EvidenceStore, uid: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const page of store.findWrappedBy(uid, { tags: [] })) {
    found.push(...page.filter((row) => row.wrappingKeyId === uid).map(({ id }) => id));
  }
  return found.sort(compareUids);
}

async function logOf(store: EvidenceStore, uid: string): Promise<readonly LogEntry[] | null> {
  const entries: LogEntry[] = [];
  const error = await errorThrownBy(async () => {
    for await (const page of store.findLogEntries({ uids: [uid] })) entries.push(...page);
  });
  if (error === null) return entries;
  if (error.reason === 'StoreNotInitialised') return null;
  throw error;
}

function isEmpty(evidence: Evidence): boolean {
  const { object, namedBy, dependants, dependantsByBytes, tags, grants, log } = evidence;
  const lists = [namedBy, dependants, dependantsByBytes, tags, grants, log ?? []];
  return object === null && lists.every((list) => list.length === 0);
}
