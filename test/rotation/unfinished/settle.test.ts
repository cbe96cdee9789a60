// The rules by which a rotation that was never finished is completed, taken back or told; the first that holds decides.
import assert from 'node:assert/strict';
import { decodeRow, type ObjectRow } from '../../../src/kmip/managed-object.js';
import type { SettlementOptions } from '../../../src/rotation/unfinished/decision.js';
import { decideUnfinished } from '../../../src/rotation/unfinished/settle.js';
import type {
  Leftover,
  UnfinishedRotation,
} from '../../../src/rotation/unfinished/unfinished-rotation.js';
import { aSymmetricKey, dateOf, DAY, JANUARY } from '../../support/symmetric-keys.js';

const NOW = JANUARY + 10 * DAY;
const OPTIONS: SettlementOptions = { now: NOW, databaseNow: NOW, minAgeSeconds: 3600, keep: [] };

const generation = (uid: string, members: object = {}, row: Partial<ObjectRow> = {}) => ({
  key: decodeRow(aSymmetricKey({ uid }, { ...members }, row)),
  publicKey: null,
});

const linkTo = (uid: string) => ({
  Link: [{ LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: uid }],
});

function leftover(uid: string, changes: Partial<Leftover> = {}, members: object = {}): Leftover {
  const made = generation(uid, {
    ...linkTo('a'),
    ...{ RotateInterval: 0, RotateGeneration: 1 },
    ...members,
  });
  const chain = changes.live === undefined ? [made] : [made, changes.live];
  return {
    ...{
      made,
      live: made,
      chain,
      wraps: 0,
      linkedFrom: [],
      userTags: [],
      grants: 0,
      fault: null,
      unusable: null,
    },
    ...changes,
  };
}

const NONE: UnfinishedRotation = {
  replaced: generation('a'),
  leftovers: [leftover('x')],
  namedUid: null,
  loggedUid: null,
  successor: null,
  reserved: null,
  missingUid: null,
  violation: null,
  nested: [],
  unusable: null,
  certificates: [],
};

const used = leftover('x', { wraps: 1 });
const tagged = leftover('x', { userTags: ['t'] });
const limits = (total: number) => ({
  UsageLimits: { UsageLimitsUnit: 'Object', UsageLimitsTotal: total },
});
const ended = generation('a', { DeactivationDate: dateOf(NOW - 1) });
const successor = leftover('y');

/** What decides, and the decision in short: what is kept, what is taken back, or why it is only told. */
const CASES: readonly (readonly [
  string,
  Partial<UnfinishedRotation>,
  Partial<SettlementOptions>,
  string,
])[] = [
  [
    'a destroyed object needs no replacement',
    { replaced: generation('a', {}, { state: 'Destroyed' }) },
    {},
    'nothing',
  ],
  ['a fresh leftover may be in progress', {}, { databaseNow: JANUARY + 60 }, 'too-young'],
  [
    'one from the future too',
    { leftovers: [leftover('x', {}, { InitialDate: dateOf(NOW + 60) })] },
    {},
    'too-young',
  ],
  [
    'the youngest counts',
    { leftovers: [leftover('x'), leftover('z', {}, { InitialDate: dateOf(NOW) })] },
    {},
    'too-young',
  ],
  [
    'each says that it replaces the other',
    { replaced: generation('a', linkTo('x')), loggedUid: 'x', leftovers: [used] },
    { keep: ['x'] },
    'told',
  ],
  [
    'what replaces the leftover is the replaced object',
    { leftovers: [leftover('x', { live: NONE.replaced, wraps: 1 })] },
    { keep: ['x'] },
    'told',
  ],
  ['it is not Active yet', { replaced: generation('a', {}, { state: 'PreActive' }) }, {}, 'told'],
  ['our log names it', { loggedUid: 'x', successor: leftover('x') }, {}, 'keep x'],
  [
    'our log names it, another is unused',
    { loggedUid: 'x', leftovers: [leftover('x'), leftover('z')] },
    {},
    'keep x, roll back z',
  ],
  [
    'our log names it, another is used',
    { loggedUid: 'x', leftovers: [leftover('x'), leftover('z', { grants: 1 })] },
    {},
    'fork',
  ],
  [
    'of a pair one half names it and our log is silent, another is there',
    { namedUid: 'x', successor: leftover('x'), leftovers: [leftover('x'), leftover('z')] },
    {},
    'fork',
  ],
  [
    'the replaced has a uid that another had before',
    { replaced: generation('a', { InitialDate: dateOf(JANUARY + 60) }) },
    {},
    'told',
  ],
  [
    'the same, though our log names the leftover of that one',
    {
      replaced: generation('a', { InitialDate: dateOf(JANUARY + 60) }),
      ...{ loggedUid: 'x', successor: leftover('x') },
    },
    {},
    'told',
  ],
  [
    'the replaced does not say when it was made',
    { replaced: generation('a', { InitialDate: undefined }) },
    {},
    'told',
  ],
  ['another is linked and our log is silent', { namedUid: 'y', successor }, {}, 'fork'],
  [
    'another is linked and logged',
    { namedUid: 'y', loggedUid: 'y', successor },
    {},
    'keep y, roll back x',
  ],
  [
    'another is logged and the leftover wraps',
    { loggedUid: 'y', successor, leftovers: [used] },
    {},
    'keep y, roll back x',
  ],
  [
    'another is logged and the leftover has a tag',
    { loggedUid: 'y', successor, leftovers: [tagged] },
    {},
    'fork',
  ],
  ['log and link differ', { namedUid: 'y', loggedUid: 'z', successor }, {}, 'fork'],
  [
    'the replaced is not Active',
    { replaced: generation('a', {}, { state: 'Compromised' }) },
    {},
    'keep x with policy',
  ],
  [
    'the replaced is not Active, two replace it',
    { replaced: generation('a', {}, { state: 'Deactivated' }), leftovers: [used, leftover('z')] },
    {},
    'told',
  ],
  ['nobody uses it', {}, {}, 'roll back x'],
  ['it wraps', { leftovers: [used, leftover('z')] }, {}, 'keep x with policy, roll back z'],
  [
    'a certificate links to it',
    { leftovers: [leftover('x', { linkedFrom: ['c'] })] },
    {},
    'keep x with policy',
  ],
  [
    'it was replaced itself',
    { leftovers: [leftover('x', { live: generation('x2') })] },
    {},
    'keep x with policy',
  ],
  [
    'it was read, the replaced was not',
    { leftovers: [leftover('x', {}, { Fresh: false })] },
    {},
    'keep x with policy',
  ],
  [
    'both were read',
    {
      replaced: generation('a', { Fresh: false }),
      leftovers: [leftover('x', {}, { Fresh: false })],
    },
    {},
    'roll back x',
  ],
  [
    'its limits were counted down',
    { replaced: generation('a', limits(9)), leftovers: [leftover('x', {}, limits(8))] },
    {},
    'keep x with policy',
  ],
  [
    'its limits were raised',
    { replaced: generation('a', limits(8)), leftovers: [leftover('x', {}, limits(9))] },
    {},
    'told',
  ],
  ['two are used', { leftovers: [used, leftover('z', { grants: 1 })] }, {}, 'told'],
  ['the replaced has ended', { replaced: ended }, {}, 'keep x with policy'],
  [
    'the replaced has ended, two replace it',
    { replaced: ended, leftovers: [leftover('x'), leftover('z')] },
    {},
    'told',
  ],
  [
    'the used one has another mask',
    { leftovers: [leftover('x', { wraps: 1 }, { CryptographicUsageMask: 4 })] },
    {},
    'told',
  ],
  [
    'the used one has ended',
    { leftovers: [leftover('x', { wraps: 1 }, { DeactivationDate: dateOf(NOW - 1) })] },
    {},
    'told',
  ],
  ['a server’s own key', { reserved: 'why' }, {}, 'told'],
  ['a server’s own key, chosen', { reserved: 'why' }, { keep: ['x'] }, 'keep x with policy'],
  [
    'one of two is chosen',
    { leftovers: [used, tagged, leftover('z')] },
    { keep: ['z'] },
    'keep z with policy, roll back x and x',
  ],
  [
    'the leftover is chosen over what is linked',
    { namedUid: 'y', successor },
    { keep: ['x'] },
    'keep x with policy, roll back y',
  ],
  [
    'what is linked is chosen',
    { namedUid: 'y', successor, leftovers: [tagged] },
    { keep: ['y'] },
    'keep y, roll back x',
  ],
  ['two are chosen', { leftovers: [leftover('x'), leftover('z')] }, { keep: ['x', 'z'] }, 'told'],
  ['the replaced is chosen', { leftovers: [tagged] }, { keep: ['a'] }, 'roll back x'],
  ['a chosen one is too young', {}, { keep: ['x'], databaseNow: JANUARY }, 'too-young'],
  [
    'members of a keyset have a rule of their own',
    {
      replaced: generation('a', { RotateName: 'k' }),
      leftovers: [leftover('x', {}, { RotateName: 'k' })],
    },
    {},
    'nothing',
  ],
];

describe('decideUnfinished', () => {
  for (const [title, rotation, options, expected] of CASES) {
    it(`${title}: ${expected}`, () => {
      assert.equal(inShort({ ...NONE, ...rotation }, { ...OPTIONS, ...options }), expected);
    });
  }
});

function inShort(rotation: UnfinishedRotation, options: SettlementOptions): string {
  const decision = decideUnfinished(rotation, options);
  if (decision === null) return 'nothing';
  if (decision.kind === 'told') return decision.code === 'fork' ? 'fork' : 'told';
  if (decision.kind === 'too-young') return decision.kind;
  const { keep, inherits, rollBack } = decision;
  const uidOf = ({ made }: Leftover) => made.key.uniqueIdentifier;
  const kept = keep === 'successor' ? rotation.successor : keep;
  return [
    ...(kept === null ? [] : [`keep ${uidOf(kept)}${inherits ? ' with policy' : ''}`]),
    ...(rollBack.length === 0 ? [] : [`roll back ${rollBack.map(uidOf).join(' and ')}`]),
  ].join(', ');
}
