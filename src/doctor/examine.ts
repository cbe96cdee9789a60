// Looks through a store for what crashes and other tools have left behind. Rows are read in pages; only what is wrong is
// kept. The other files of this folder have one kind of finding each.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { compareUids } from '../rotation/plan.js';
import { decodeOrError } from '../store/find/rows.js';
import { overlaidStore } from './overlaid-store.js';
import { contradictionFindings } from './contradictions.js';
import type { DoctorContext } from './doctor-context.js';
import { falseReplacementFindings } from './false-replacement.js';
import { FINDING_CODES, toldFinding, type Finding } from './finding.js';
import { keysetFindings } from './keysets/keyset-findings.js';
import { linkFindings } from './link-findings.js';
import { lostScheduleFindings } from './lost-schedule.js';
import { noLiveKeyFindings } from './no-live-key.js';
import { unreadableRowFindings } from './row-findings.js';
import { serverRequestFindings } from './server-request-findings.js';
import { storeFindings } from './store-findings.js';
import { addLeftovers, type LeftoverUids } from './unfinished/find-leftovers.js';
import { unfinishedFindings } from './unfinished/unfinished-findings.js';
import { staleDependantFindings, wrappingFindings } from './wrapping-findings.js';

/**
 * Returns what is wrong, by code and uid. Nothing is written. Objects in their overlap are no damage, whatever a server has
 * written back of them; what is put under one is moved by runs until it retires.
 */
export async function examine(context: DoctorContext): Promise<readonly Finding[]> {
  const retiring = await context.store.retiringObjects();
  const store = overlaidStore(context.store, retiring, context.now());
  const findings = await findingsIn({ ...context, store });
  return findings.filter(
    ({ code, uids: [, wrappingKeyUid = ''] }) =>
      code !== 'stale-dependant' || !retiring.has(wrappingKeyUid),
  );
}

async function findingsIn(context: DoctorContext): Promise<readonly Finding[]> {
  const { store, options } = context;
  const findings: Finding[] = [...(await storeFindings(context))];
  const leftovers: LeftoverUids = new Map();
  const isOwn = ({ owner }: { readonly owner: string | null }) =>
    options.owner === undefined || owner === options.owner;
  // Of all owners: a leftover of somebody else is one all the same.
  for await (const rows of store.findRows()) {
    const read = rows.map((row) => ({ row, object: decodeOrError(row) }));
    const own = read.filter(({ row }) => isOwn(row));
    const ownObjects = own.map(({ object }) => object).filter(isReadable);
    const objects = read.map(({ object }) => object).filter(isReadable);
    findings.push(
      ...(await unreadableRowFindings(context, own)),
      ...(await falseReplacementFindings(context, ownObjects)),
      ...(await wrappingFindings(context, ownObjects)),
      ...(await keysetFindings(context, objects)),
      ...(await noLiveKeyFindings(context, ownObjects)),
      ...(await lostScheduleFindings(context, ownObjects)),
      ...(await linkFindings(context, ownObjects)),
      ...contradictionFindings(ownObjects, context.now()),
    );
    await addLeftovers(store, objects, leftovers);
  }
  for await (const finding of staleDependantFindings(context)) findings.push(finding);
  findings.push(...(await unfinishedFindings(context, leftovers)));
  findings.push(...(await serverRequestFindings(context)));
  return withoutRepeats(findings)
    .map((finding) => afterSettlement(finding, findings))
    .filter(({ code }) => options.only.length === 0 || options.only.includes(code))
    .sort(byCodeAndUid);
}

function isReadable(object: ManagedObject | KmsError): object is ManagedObject {
  return !(object instanceof KmsError);
}

/** Of two findings about one cause the one stays that tells more. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const uidsOf = (code: Finding['code']) =>
    new Set(findings.filter((finding) => finding.code === code).flatMap(({ uids }) => uids));
  const [inKeysets, stale] = [uidsOf('keyset-heads'), firstUids(findings, 'stale-dependant')];
  return findings.filter(({ code, uids: [uid = ''] }) => {
    if (code === 'unfinished-rotation') return !inKeysets.has(uid);
    if (code === 'wrapping-key-mismatch' || code === 'unreadable-dependant') return !stale.has(uid);
    return true;
  });
}

/** A wrong link of a rotation that is not settled may be what its settlement turns on. */
function afterSettlement(finding: Finding, findings: readonly Finding[]): Finding {
  if (finding.code !== 'false-replacement' || finding.action === null) return finding;
  const [uid = ''] = finding.uids;
  const first = findings.find(
    ({ code, uids }) => UNSETTLED.some((one) => one === code) && uids.includes(uid),
  );
  if (first === undefined) return finding;
  return toldFinding({
    ...finding,
    repair: `nothing: settle ${first.code} of it first`,
    why: 'who replaces it is open until then',
  });
}

const UNSETTLED = ['unfinished-rotation', 'fork', 'keyset-heads'] as const;

function firstUids(findings: readonly Finding[], wanted: Finding['code']): ReadonlySet<string> {
  return new Set(findings.flatMap(({ code, uids }) => (code === wanted ? uids.slice(0, 1) : [])));
}

function byCodeAndUid(one: Finding, other: Finding): number {
  const place = ({ code }: Finding) => FINDING_CODES.indexOf(code);
  return place(one) - place(other) || compareUids(one.uids[0] ?? '', other.uids[0] ?? '');
}
