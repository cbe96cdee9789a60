// Records objects that are Active after their end: certificates, and whatever has a Deactivation Date. The store keeps an
// index of both. Only `kms status` and metrics show them; of the end itself `kms warnings` tells.
import { isToldByWarnings, type Observation, type Resolution } from '../conditions/condition.js';
import { observe } from '../conditions/decide.js';
import { errorThrownBy, type KmsError } from '../errors.js';
import { formatInstant } from '../kmip/date-time.js';
import { objectSummaryOf } from '../report/object-summary.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { endedByDate, passedEndOf, type PassedEnd } from '../survey/passed-ends.js';
import { activeCertificates } from '../survey/survey.js';
import type { SurveyFilters } from '../survey/survey-filters.js';
import type { Run } from './context.js';
import { recordConditions, recordRecoveries } from './record-conditions.js';

/** How many objects are looked at, besides certificates, and as many that were found so before. */
const MOST_OBJECTS = 1000;

/** Records those that were found, and those that are over; returns what kept it from that. */
export function recordPassedEnds(run: Run, filters: SurveyFilters): Promise<KmsError | null> {
  return errorThrownBy(async () => {
    if (run.dryRun || (await run.isOver())) return;
    const { store } = run;
    const open = (await store.openConditions()).filter(isToldByWarnings);
    const named = new Set(open.map(({ subject }) => subject));
    const seen = new Map<string, Observation>();
    const loaded = new Map<string, RotationCandidate>();
    const look = (candidate: RotationCandidate) => {
      const uid = candidate.row.id;
      const end = passedEndOf(candidate, { now: run.now(), hsm: run.hsm });
      if (end !== null) seen.set(uid, observationOf(candidate, end));
      if (named.has(uid)) loaded.set(uid, candidate);
    };
    for await (const certificate of activeCertificates(store, filters)) look(certificate);
    const limits = { now: run.now(), most: MOST_OBJECTS };
    for await (const object of endedByDate(store, limits, filters)) look(object);
    const others = [...named].filter((uid) => !loaded.has(uid)).slice(0, MOST_OBJECTS);
    for (const candidate of await store.load(others)) look(candidate);
    await recordConditions(
      run,
      [...seen.values()].map((name) => ({ name })),
      ({ name }, before, now) => ({
        decision: observe(before, name, now, run.remindAfterSeconds),
        rows: { log: [], messages: [] },
      }),
    );
    const lookedAt = new Set([...loaded.keys(), ...others]);
    await recordRecoveries(
      run,
      open
        .filter(({ subject }) => lookedAt.has(subject) && !seen.has(subject))
        .map((condition) => ({ condition, how: resolutionOf(loaded.get(condition.subject)) })),
    );
  });
}

function observationOf(candidate: RotationCandidate, { by, at }: PassedEnd): Observation {
  const { id: uid } = candidate.row;
  const isCertificate = by === 'not after';
  const quoted = JSON.stringify(uid);
  return {
    kind: 'end-passed',
    subject: uid,
    about: objectSummaryOf(candidate),
    reason: isCertificate ? 'CertificateExpired' : 'DeactivationDatePassed',
    message: `${isCertificate ? `the certificate ${quoted}` : quoted} ended at ${formatInstant(at)}, and is still Active`,
    hint: isCertificate
      ? 'renew it with kms rotate key, or revoke it on the server'
      : 'rotate it with kms rotate key, or revoke it on the server',
  };
}

function resolutionOf(candidate: RotationCandidate | undefined): Resolution {
  if (candidate === undefined) return 'gone';
  if (candidate.replacedBy !== null) return 'rotated';
  return candidate.row.state === 'Active' ? 'end-moved' : 'retired';
}
