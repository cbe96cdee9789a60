// What stands where the next generation of a keyset goes: an object, a second member of one generation, or tags and
// grants that a deleted object has left.
import { KmsError } from '../../errors.js';
import { isDestroyed } from '../../kmip/managed-object.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { latestMember, type KeysetMember } from '../../rotation/keyset.js';
import type { DoctorContext } from '../doctor-context.js';
import { rightsInTheWayFinding } from '../rights-in-the-way.js';
import { listed, toldFinding, type Finding } from '../finding.js';
import { quoted } from '../../text/phrases.js';

/** The members of a keyset that one owner has. */
export interface OwnKeyset {
  readonly name: string;
  readonly members: readonly KeysetMember[];
}

export async function blockedUidFindings(
  context: DoctorContext,
  keysets: readonly OwnKeyset[],
): Promise<readonly Finding[]> {
  const latest = keysets.flatMap(({ members }) => latestMember(members)?.uid ?? []);
  const candidates = await context.store.load(latest);
  const live = candidates.filter(
    ({ object, row }) => !(object instanceof KmsError) && !isDestroyed(row),
  );
  return [
    ...keysets.flatMap(twinsFinding),
    ...live.flatMap(takenFinding),
    ...live.flatMap((candidate) => rightsInTheWayFinding(context, candidate) ?? []),
  ];
}

function twinsFinding({ name, members }: OwnKeyset): readonly Finding[] {
  const generations = members.map(({ generation }) => generation);
  const isShared = (generation: number | null) =>
    generations.indexOf(generation) !== generations.lastIndexOf(generation);
  const uids = members.filter(({ generation }) => isShared(generation)).map(({ uid }) => uid);
  if (uids.length === 0) return [];
  return [
    toldFinding({
      code: 'uid-in-the-way',
      severity: 'error',
      uids,
      message: `${listed(uids)} share a generation of the keyset ${quoted(name)}`,
      repair: 'nothing: correct the Rotate Generation of one of them with the server that wrote it',
      why: 'doctor cannot know which one is meant',
    }),
  ];
}

function takenFinding({ row, nextUidTaken }: RotationCandidate): readonly Finding[] {
  if (!nextUidTaken) return [];
  return [
    toldFinding({
      code: 'uid-in-the-way',
      severity: 'error',
      uids: [row.id],
      message: `another object has the uid of the generation after ${quoted(row.id)}`,
      repair: 'nothing: remove that object with the server that wrote it',
      why: 'doctor cannot know whether it is needed',
    }),
  ];
}
