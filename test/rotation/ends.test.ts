// What makes an object due before its interval is over: each rule by hand, all of them against a model, and that no
// rotation is followed by another one at once.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { replacementFor } from '../../src/flows/replacement.js';
import { LAST_INSTANT } from '../../src/kmip/date-time.js';
import type { JsonObject, JsonValue } from '../../src/kmip/json.js';
import { decodeRow } from '../../src/kmip/managed-object.js';
import {
  evaluateSchedule,
  UNKNOWN_OF_ROW,
  type KnownOfRow,
} from '../../src/rotation/eligibility.js';
import {
  deadlineByEnds,
  DEFAULT_END_OPTIONS,
  isEndRule,
  leadIn,
  longestLead,
  type EndOptions,
  type Lifetime,
} from '../../src/rotation/ends.js';
import { aRotationContext } from '../support/candidates.js';
import { tries } from '../support/effort.js';
import { aSymmetricKey, DAY, dateOf, JANUARY } from '../support/symmetric-keys.js';

const HOUR = 3600;

const within = (members: JsonObject, more: Partial<Lifetime> = {}): Lifetime => ({
  members: { ActivationDate: dateOf(JANUARY), ...members },
  counterpart: null,
  validity: null,
  ...more,
});

const deactivated = (days: number) => ({ DeactivationDate: dateOf(JANUARY + days * DAY) });
const limits = (total: JsonValue, count?: JsonValue): JsonObject => ({
  UsageLimits: { UsageLimitsUnit: 'Byte', UsageLimitsTotal: total, UsageLimitsCount: count },
});
const valid = (days: number, issuerDays: number | null = null) => ({
  validity: {
    notBefore: JANUARY,
    notAfter: JANUARY + days * DAY,
    issuer: issuerDays === null ? null : { uid: 'root', notAfter: JANUARY + issuerDays * DAY },
  },
});

describe('what ends an object before its interval', () => {
  describe('makes it due', () => {
    for (const [title, lifetime, expected, options] of [
      ['nothing ends it', within({}), null],
      ['a tenth of its life before', within(deactivated(100)), [90, 'before-deactivation']],
      ['at most thirty days before', within(deactivated(1000)), [970, 'before-deactivation']],
      [
        'as long before as a setting says',
        within(deactivated(100)),
        [80, 'before-deactivation'],
        { beforeEndSeconds: 20 * DAY },
      ],
      [
        'at its end, if a setting says so',
        within(deactivated(9)),
        [9, 'before-deactivation'],
        { beforeEndSeconds: 0 },
      ],
      [
        'at most a third before',
        within(deactivated(30)),
        [20, 'before-deactivation'],
        { beforeEndSeconds: 20 * DAY },
      ],
      [
        'before its Protect Stop Date',
        within({ ...deactivated(100), ProtectStopDate: dateOf(JANUARY + 50 * DAY) }),
        [45, 'before-protect-stop'],
      ],
      ['before a certificate ends', within({}, valid(60)), [54, 'before-certificate-end']],
      ['but not with its issuer', within({}, valid(60, 60)), null],
      ['before its issuer ends', within({}, valid(60, 61)), [54, 'before-certificate-end']],
      ['a certificate that ends as it begins', within({}, valid(0)), null],
      ['an end in the year 9999 is none', within({ DeactivationDate: dateOf(LAST_INSTANT) }), null],
      ['a date that cannot be read is none', within({ DeactivationDate: [2026] }), null],
      [
        'since its Initial Date',
        within({ ActivationDate: null, InitialDate: dateOf(JANUARY), ...deactivated(100) }),
        [90, 'before-deactivation'],
      ],
      ['a tenth of its budget left', within(limits(10, 100)), ['now', 'usage-limit']],
      ['more of it left', within(limits(11, 100)), null],
      [
        'the percentage of a setting',
        within(limits(50, 100)),
        ['now', 'usage-limit'],
        { usagePercent: 50 },
      ],
      ['nothing left', within(limits(0, 100)), ['now', 'usage-limit'], { usagePercent: 0 }],
      ['64 bits of it', within(limits(2n ** 62n / 10n, 2n ** 62n)), ['now', 'usage-limit']],
      ['a budget that cannot be restored', within(limits(0)), null],
      ['one of nothing', within(limits(0, 0)), null],
      ['one of another kind', within(limits('0', 100)), null],
    ] as readonly (readonly [
      string,
      Lifetime,
      [number | 'now', string] | null,
      Partial<EndOptions>?,
    ])[]) {
      it(title, () => {
        const { deadline } = deadlineByEnds(lifetime, { ...DEFAULT_END_OPTIONS, ...options });
        const found = deadline === null ? null : [daysOf(deadline.at), deadline.rule];
        assert.deepEqual(found, expected);
      });
    }
  });

  it('counts for a pair by whichever key comes first, and says which', () => {
    const members = { ActivationDate: dateOf(JANUARY), ...deactivated(10) };
    const pair = (own: JsonObject) => within(own, { counterpart: { uid: 'pk', members } });
    const of = (lifetime: Lifetime) => deadlineByEnds(lifetime, DEFAULT_END_OPTIONS).deadline?.of;
    assert.equal(of(pair(deactivated(20))), 'pk');
    assert.equal(of(pair(deactivated(5))), null);
    assert.equal(of(within({}, { counterpart: { uid: 'pk', members: limits(0, 10) } })), 'pk');
  });

  it('says why a rule does not apply, where the replacement would meet it again at once', () => {
    const why = (lifetime: Lifetime) =>
      deadlineByEnds(lifetime, DEFAULT_END_OPTIONS).unavoidable?.why ?? '';
    assert.match(why(within({}, valid(60, 60))), /"root", which must be renewed first/);
    assert.match(why(within({}, valid(0))), /ends as it begins/);
    assert.match(why(within(limits(0))), /no rotation can restore them/);
    assert.equal(why(within(limits(5))), '');
    assert.equal(why(within({ ...deactivated(60), ...limits(0, 60) })), '');
  });

  it('has a lead that leaves two thirds of its life, and says if it had to be cut', () => {
    for (const [span, wanted, seconds, isCut] of [
      [100 * DAY, null, 10 * DAY, false],
      [6 * HOUR, null, HOUR, false],
      [HOUR, null, 20 * 60, false],
      [-1, null, 0, false],
      [30 * DAY, 10 * DAY, 10 * DAY, false],
      [30 * DAY, 10 * DAY + 1, 10 * DAY, true],
      [null, null, HOUR, false],
      [null, DAY, DAY, false],
    ] as const) {
      assert.deepEqual(leadIn(span, wanted), { seconds, isCut });
    }
    assert.equal(longestLead(DEFAULT_END_OPTIONS, null), 30 * DAY);
    assert.equal(longestLead({ ...DEFAULT_END_OPTIONS, beforeEndSeconds: DAY }, 2 * DAY), 2 * DAY);
  });

  const maybeDays = fc.option(fc.integer({ min: -50, max: 400 }));
  const life = fc.record({
    interval: fc.integer({ min: 1, max: 400 }),
    activated: maybeDays,
    rotated: fc.option(fc.integer({ min: 0, max: 50 })),
    deactivated: maybeDays,
    protectStop: maybeDays,
    total: fc.option(fc.integer({ min: -1, max: 100 })),
    count: fc.option(fc.integer({ min: 0, max: 100 })),
    beforeEnd: fc.option(fc.integer({ min: 0, max: 200 })),
    usagePercent: fc.integer({ min: 0, max: 50 }),
    certificate: fc.option(fc.tuple(fc.nat(400), fc.option(fc.nat(400)))),
    late: fc.constantFrom(0, 0, 1, 5 * DAY, 500 * DAY),
  });

  type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;
  const day = (days: number | null) => (days === null ? null : dateOf(JANUARY + days * DAY));
  const membersOf = (one: Life): JsonObject => ({
    RotateInterval: one.interval * DAY,
    InitialDate: dateOf(JANUARY),
    ActivationDate: day(one.activated),
    RotateDate: day(one.rotated),
    DeactivationDate: day(one.deactivated),
    ProtectStopDate: day(one.protectStop),
    UsageLimits:
      one.total === null
        ? null
        : {
            UsageLimitsTotal: one.total,
            ...(one.count === null ? {} : { UsageLimitsCount: one.count }),
          },
  });
  const optionsOf = ({ beforeEnd, usagePercent }: Life) => ({
    beforeEndSeconds: beforeEnd === null ? null : beforeEnd * DAY,
    usagePercent,
  });
  const knownOf = ({ certificate }: Life): KnownOfRow => ({
    ...UNKNOWN_OF_ROW,
    validity: certificate === null ? null : valid(...certificate).validity,
  });
  const evaluatedAt = (members: JsonObject, now: number, ends: EndOptions, known: KnownOfRow) => {
    const row = { id: 'key', attributes: JSON.stringify(members) };
    return evaluateSchedule(row, { now, withinSeconds: 0, firstDeadline: 'offset', ends }, known);
  };

  it('is the earliest of the rules (model)', () => {
    fc.assert(
      fc.property(life, (one) => {
        const { deadline } = evaluatedAt(membersOf(one), JANUARY, optionsOf(one), knownOf(one));
        const expected = modelOf(one);
        assert.equal(deadline === null ? null : deadline.at, expected === 'now' ? null : expected);
      }),
      { numRuns: tries(2000, 2000, 200_000), seed: 30 },
    );
  });

  it('never makes a replacement due at once: at most one rotation each, in 1,000 simulated runs', () => {
    const lives = fc.sample(life, { numRuns: 1000, seed: 30 });
    let rotatedByEnds = 0;
    for (const one of lives) {
      const [ends, known] = [optionsOf(one), knownOf(one)];
      const members = membersOf(one);
      const { deadline } = evaluatedAt(members, JANUARY, ends, known);
      if (deadline === null) continue;
      const now = Math.max(JANUARY + 401, (deadline.at ?? 0) + one.late);
      if (isEndRule(deadline.rule)) rotatedByEnds += 1;
      const replacement = rotatedAt(members, now, ends);
      const next = evaluatedAt(replacement, now, ends, renewedAt(known, now));
      assert.notEqual(next.eligibility, 'due', JSON.stringify({ one, next }));
    }
    assert.ok(rotatedByEnds > 300, `only ${rotatedByEnds} were rotated before an end`);
  });
});

function daysOf(at: number | null): number | 'now' {
  return at === null ? 'now' : (at - JANUARY) / DAY;
}

/** The attributes of a replacement, as the flows make them. */
function rotatedAt(members: JsonObject, now: number, ends: EndOptions): JsonObject {
  const row = aSymmetricKey({}, members);
  const context = aRotationContext(now, { ends, newUid: () => 'replacement' });
  return replacementFor(decodeRow(row), context, '_kk').attributes;
}

/** A renewed certificate has the validity of the one before, and ends with its issuer at the latest. */
function renewedAt(known: KnownOfRow, now: number): KnownOfRow {
  const { validity } = known;
  if (validity === null) return known;
  const span = validity.notAfter - validity.notBefore;
  const latest = validity.issuer?.notAfter ?? Infinity;
  return {
    ...known,
    validity: { ...validity, notBefore: now, notAfter: Math.min(now + span, latest) },
  };
}

/** The rules once more, in the words of the manual: in days, and by hand. */
function modelOf(one: {
  readonly interval: number;
  readonly activated: number | null;
  readonly rotated: number | null;
  readonly deactivated: number | null;
  readonly protectStop: number | null;
  readonly total: number | null;
  readonly count: number | null;
  readonly beforeEnd: number | null;
  readonly usagePercent: number;
  readonly certificate: [number, number | null] | null;
}): number | 'now' {
  if (one.total !== null && one.count !== null && one.count > 0) {
    if (one.total / one.count <= one.usagePercent / 100) return 'now';
  }
  const candidates = [((one.rotated ?? 0) + one.interval) * DAY];
  const end = (from: number, to: number) => {
    const third = Math.max(0, Math.floor(((to - from) * DAY) / 3));
    const tenth = Math.max(0, Math.floor(((to - from) * DAY) / 10));
    const usual = tenth < HOUR ? HOUR : tenth > 30 * DAY ? 30 * DAY : tenth;
    const lead = one.beforeEnd === null ? usual : one.beforeEnd * DAY;
    candidates.push(to * DAY - (lead > third ? third : lead));
  };
  for (const to of [one.deactivated, one.protectStop]) {
    if (to !== null) end(one.activated ?? 0, to);
  }
  if (one.certificate !== null) {
    const [to, issuer] = one.certificate;
    if (to > 0 && (issuer === null || issuer > to)) end(0, to);
  }
  return JANUARY + Math.min(...candidates);
}
