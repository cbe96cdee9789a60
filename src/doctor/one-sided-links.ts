// Replacements that do not name what they replaced, which names them: notes. The link back is written only where our log
// proves it.
import { KmsError } from '../errors.js';
import { withReplaced } from '../flows/replacement-links.js';
import { linkTo } from '../kmip/attributes.js';
import { isDestroyed, readableAttributes, type ManagedObject } from '../kmip/managed-object.js';
import { replacementUidOf } from '../rotation/related-objects.js';
import type { LoggedFact } from '../store/own/read-log.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { doctorLogRow, type DoctorContext } from './doctor-context.js';
import { toldFinding, type Finding } from './finding.js';
import { quoted } from '../text/phrases.js';

/** Returns a finding for each replaced object that is over and whose replacement does not name it back. */
export async function oneSidedFindings(
  context: DoctorContext,
  live: readonly ManagedObject[],
): Promise<readonly Finding[]> {
  const suspects = await unreturned(context, live);
  if (suspects.length === 0) return [];
  const facts = await context.store.loggedFacts(
    suspects.map(({ object }) => object.uniqueIdentifier),
  );
  return suspects.flatMap((suspect) => findingOf(context, suspect, facts));
}

interface Unreturned {
  readonly object: ManagedObject;
  readonly by: string;
  /** What the replacement says that it replaced. */
  readonly names: string | null;
}

async function unreturned(
  { store }: Pick<DoctorContext, 'store'>,
  live: readonly ManagedObject[],
): Promise<readonly Unreturned[]> {
  const over = live.flatMap((object) => {
    const by = object.state === 'Active' ? null : replacementUidOf(object);
    return by === null ? [] : [{ object, by }];
  });
  const named = new Map<string, string | null>();
  const uids = [...new Set(over.map(({ by }) => by))];
  for await (const page of store.findByUids(uids, { tags: [] })) {
    for (const { id, attributes } of page) {
      const read = readableAttributes(id, attributes);
      if (read !== null) named.set(id, linkTo(read, 'ReplacedObjectLink'));
    }
  }
  return over.flatMap(({ object, by }) => {
    const names = named.get(by);
    const isReturned = names === undefined || names === object.uniqueIdentifier;
    return isReturned ? [] : [{ object, by, names }];
  });
}

function findingOf(
  context: DoctorContext,
  { object, by, names }: Unreturned,
  facts: readonly LoggedFact[],
): readonly Finding[] {
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
