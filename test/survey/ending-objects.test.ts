// What is due because it ends is found once, by whichever rule comes first, and is just what the core calls due.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isDueWithin, type EvaluationOptions } from '../../src/rotation/eligibility.js';
import { inRunOrder } from '../../src/rotation/plan.js';
import type { PolicyOptions } from '../../src/rotation/policy-options.js';
import { findNearDeadlines } from '../../src/survey/near-deadlines.js';
import { plannedKeys } from '../../src/survey/planned-keys.js';
import { allCandidates, collect, dueCandidates, duePages } from '../../src/survey/survey.js';
import type { Store } from '../../src/store/store.js';
import { aCertificate } from '../support/dated-certificates.js';
import { describeEachDatabase } from '../support/databases.js';
import { isFull, tries } from '../support/effort.js';
import { aKeyPair } from '../support/pairs.js';
import { runDue } from '../support/run.js';
import {
  aSymmetricKey,
  DAY,
  dateOf,
  insertRows,
  JANUARY,
  newStorePath,
  withStore,
} from '../support/store.js';

const NOW = JANUARY + 100 * DAY;
const ALL = { tags: [] };
const LIMITS = {
  UsageLimits: { UsageLimitsUnit: 'Byte', UsageLimitsTotal: 1, UsageLimitsCount: 100 },
};
const ends = (days: number) => ({ DeactivationDate: dateOf(NOW + days * DAY) });

const options = (changes: Partial<EvaluationOptions> = {}): EvaluationOptions => ({
  now: NOW,
  withinSeconds: 0,
  firstDeadline: 'offset',
  ...changes,
});

const armed = { intervalSeconds: 3650 * DAY };

describeEachDatabase('what is due because it ends', (database) => {
  it('is found by each rule, named, and rotated once', async () => {
    const url = await newStorePath(database);
    const { privateKey, publicKey } = await aKeyPair({
      uid: 'pair',
      privateMembers: { RotateInterval: 3650 * DAY, RotateAutomatic: true },
      publicMembers: { ...ends(2) },
    });
    await insertRows(url, [
      aSymmetricKey({ uid: 'ends', ...armed }, ends(5)),
      aSymmetricKey({ uid: 'ended', ...armed }, ends(-1)),
      aSymmetricKey({ uid: 'stops', ...armed }, { ProtectStopDate: dateOf(NOW + 5 * DAY) }),
      aSymmetricKey({ uid: 'used', ...armed }, LIMITS),
      aSymmetricKey({ uid: 'due' }),
      aSymmetricKey({ uid: 'due-and-used' }, LIMITS),
      aSymmetricKey({ uid: 'later', ...armed }, ends(200)),
      aSymmetricKey({ uid: 'own', ...armed }, ends(45)),
      aSymmetricKey({ uid: 'unarmed', intervalSeconds: null }, { ...ends(1), ...LIMITS }),
      aSymmetricKey({ uid: 'unarmed-later', intervalSeconds: null }, ends(31)),
      privateKey.row,
      publicKey.row,
    ]);
    await insertRows(
      url,
      [
        aCertificate({
          id: 'cert',
          notAfter: NOW + DAY,
          members: { RotateInterval: 3650 * DAY, InitialDate: dateOf(JANUARY) },
        }),
      ],
      ['_cert'],
    );
    const early: PolicyOptions = { beforeEndSeconds: 46 * DAY, overlapSeconds: null };
    const expected = [
      ...['cert before-certificate-end', 'due initial-date+interval', 'due-and-used usage-limit'],
      ...['ended before-deactivation', 'ends before-deactivation', 'own before-deactivation'],
      ...['pair before-deactivation pair_pk', 'stops before-protect-stop', 'used usage-limit'],
    ];
    await withStore(url, async (store) => {
      await store.apply([
        { changes: [], rewrapping: null, ownRows: [], options: [{ uid: 'own', options: early }] },
      ]);
      const found = await collect(
        dueCandidates(store, options(), ALL),
        ({ candidate, evaluation: { deadline } }) =>
          [candidate.row.id, deadline?.rule, deadline?.of ?? ''].join(' ').trim(),
      );
      assert.deepEqual(found.sort(), expected);
      const warned = await findNearDeadlines(
        store,
        { now: NOW, firstDeadline: 'offset', thresholdDays: [30], withinSeconds: null },
        ALL,
      );
      assert.deepEqual(
        warned.near.map(({ uid, kind, deadline }) => [uid, kind, deadline]),
        ['cert', 'unarmed'].map((uid) => [uid, 'expiry', NOW + DAY]),
      );
      const order = inRunOrder(await collect(plannedKeys(store, options(), ALL)));
      assert.deepEqual(
        order.slice(0, 2).map(({ uid }) => uid),
        ['due-and-used', 'used'],
      );
      assert.deepEqual(
        order.map(({ uid }) => uid).sort(),
        expected.map((one) => one.split(' ')[0]),
      );
    });
    const { results } = await runDue(url, NOW);
    const rotated = results.filter(({ outcome }) => outcome === 'rotated').map(({ uid }) => uid);
    assert.deepEqual(rotated.sort(), [
      'due',
      'due-and-used',
      'ended',
      'ends',
      'own',
      'pair',
      'stops',
      'used',
    ]);
    assert.deepEqual(
      (await runDue(url, NOW)).results.filter(({ uid }) => uid !== 'cert'),
      [],
    );
  });

  it('is what the core calls due, by every setting and by options of its own, each once (random)', async function () {
    this.timeout(isFull ? 7_200_000 : 600_000);
    const url = await newStorePath(database);
    const count = tries(60, 120, 100_000);
    const date = fc.oneof(
      fc.constant(null),
      fc.integer({ min: -50, max: 300 }).map((days) => dateOf(NOW + days * DAY)),
    );
    const amount = fc.integer({ min: -1, max: 100 });
    const samples = fc.sample(
      fc.record({
        RotateInterval: fc.constantFrom(0, 90 * DAY, 101 * DAY, 130 * DAY, 3650 * DAY),
        DeactivationDate: date,
        ProtectStopDate: date,
        UsageLimits: fc.option(fc.record({ UsageLimitsTotal: amount, UsageLimitsCount: amount })),
      }),
      { numRuns: count, seed: 30 },
    );
    const row = aSymmetricKey();
    await insertRows(
      url,
      samples.map((members, index) => {
        const id = `key-${index}`;
        if (index % 4 === 0) return aRandomCertificate(id, members, index);
        const attributes = { ...(JSON.parse(row.attributes) as object), ...members };
        return { ...row, id, attributes: JSON.stringify(attributes) };
      }),
    );
    await withStore(url, async (store) => {
      for (const beforeEndSeconds of [null, 0, 40 * DAY]) {
        for (const usagePercent of [10, 50]) {
          for (const withinSeconds of [0, 20 * DAY]) {
            const settings = { beforeEndSeconds, usagePercent };
            await assertSame(store, options({ ends: settings, withinSeconds }));
          }
        }
        const own = samples.map((_, index) => ({
          uid: `key-${index}`,
          options: { beforeEndSeconds: (index % 5) * 20 * DAY, overlapSeconds: null },
        }));
        await store.apply([
          { changes: [], rewrapping: null, ownRows: [], options: own.slice(0, count / 2) },
        ]);
      }
    });
  });
});

/** A certificate of an authority, key-0, or of nobody who is in the store. */
function aRandomCertificate(id: string, members: Record<string, unknown>, index: number) {
  const notAfter = NOW + (((index * 37) % 350) - 50) * DAY;
  const Link = [{ LinkType: 'CertificateLink', LinkedObjectIdentifier: 'key-0' }];
  const isIssued = id !== 'key-0' && index % 3 === 0;
  return aCertificate({
    id,
    notBefore: notAfter - (((index * 11) % 200) + 1) * DAY,
    notAfter: id === 'key-0' ? NOW + 100 * DAY : notAfter,
    ...(isIssued ? { names: ['A', 'L'] as const } : {}),
    members: { InitialDate: dateOf(JANUARY), ...members, ...(isIssued ? { Link } : {}) },
  });
}

async function assertSame(store: Store, query: EvaluationOptions): Promise<void> {
  const expected: string[] = [];
  const byCertificate = new Set<string>();
  const hopeless = new Set<string>();
  for await (const { candidate, evaluation } of allCandidates(store, query, ALL)) {
    const { id } = candidate.row;
    if (evaluation.unavoidable?.rule === 'before-certificate-end') hopeless.add(id);
    if (!isDueWithin(evaluation, query)) continue;
    expected.push(id);
    if (evaluation.deadline?.rule === 'before-certificate-end') byCertificate.add(id);
  }
  assert.ok(byCertificate.size > 0, 'no certificate is due because it ends');
  assert.ok(hopeless.size > 0, 'no certificate ends with its issuer');
  const uids = (
    found: readonly { readonly candidate: { readonly row: { readonly id: string } } }[],
  ) => found.map(({ candidate }) => candidate.row.id).sort();
  assert.ok(expected.length > 10);
  expected.sort();
  assert.deepEqual(uids(await collect(dueCandidates(store, query, ALL))), expected);
  const pages = await collect(duePages(store, query, ALL));
  assert.deepEqual(uids(pages.flatMap(({ evaluated }) => evaluated)), expected);
  if (query.withinSeconds > 0) return;
  const planned = await collect(plannedKeys(store, query, ALL), ({ uid }) => uid);
  assert.deepEqual(planned.sort(), expected);
}
