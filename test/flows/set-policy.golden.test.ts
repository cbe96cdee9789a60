// Policies set by us, beside those that the server's own SetAttribute wrote: the same texts.
import assert from 'node:assert/strict';
import { setPolicy, clearPolicy } from '../../src/flows/set-policy.js';
import type { ManagedObject, ObjectRow } from '../../src/kmip/managed-object.js';
import type { PolicyChange } from '../../src/rotation/policy-rules.js';
import { describeGolden, goldenObjects } from '../support/golden.js';
import { aCandidate } from '../support/candidates.js';

const MONTH = { intervalSeconds: 2_592_000 };

const CASES: readonly (readonly [uid: string, change: PolicyChange])[] = [
  ['aes128', MONTH],
  ['tagged', MONTH],
  ['named', MONTH],
  ['later', { intervalSeconds: 315_360_000 }],
  ['offset-1d', { ...MONTH, offsetSeconds: 86_400 }],
  ['offset-0', { ...MONTH, offsetSeconds: 0 }],
  ['opted-out', { ...MONTH, automatic: false }],
  ['interval-0', { intervalSeconds: 0 }],
  ['keyset', { ...MONTH, keyset: true }],
  ['rsa-keyset', { ...MONTH, keyset: true }],
  ['pre-active', MONTH],
  ['imported-aes', MONTH],
  ['imported-rsa', MONTH],
  ['nist-p256', MONTH],
  ['kek', MONTH],
  ['kek-dep-due', MONTH],
  ['kek-dep-ec', MONTH],
  ['rsa-kek-dep-due', MONTH],
  ['leaf', MONTH],
  ['cert-self', MONTH],
  ['sub-ca', { intervalSeconds: 315_360_000 }],
];

/** Returns the row as it was before SetAttribute. */
function withoutPolicy({ row, objectType }: ManagedObject): ObjectRow {
  const strip = (members: Record<string, unknown>) => {
    for (const name of Object.keys(members)) {
      if (name.startsWith('Rotate')) Reflect.deleteProperty(members, name);
    }
    // Certify leaves it out, SetAttribute puts it in.
    if (objectType === 'Certificate') Reflect.deleteProperty(members, 'State');
  };
  const attributes = JSON.parse(row.attributes) as Record<string, unknown>;
  strip(attributes);
  const object = JSON.parse(row.object) as Record<
    string,
    { KeyBlock?: { KeyValue: { Attributes?: Record<string, unknown> } } }
  >;
  const embedded = Object.values(object)[0]?.KeyBlock?.KeyValue.Attributes;
  if (embedded !== undefined) strip(embedded);
  return { ...row, attributes: JSON.stringify(attributes), object: JSON.stringify(object) };
}

describeGolden('a policy set on the rows of a server', () => {
  const objects = new Map(
    goldenObjects('store').map((object) => [object.uniqueIdentifier, object]),
  );

  for (const [uid, change] of CASES) {
    it(`is what SetAttribute wrote: ${uid}`, () => {
      const golden = objects.get(uid);
      assert.ok(golden);
      const before = withoutPolicy(golden);
      assert.notEqual(before.attributes, golden.row.attributes);
      const set = setPolicy(aCandidate(before), change);
      assert.deepEqual(set, { before, after: golden.row });
      assert.equal(setPolicy(aCandidate(golden.row), change), null, 'again');
    });

    it(`cleared, leaves the row as if there had never been one: ${uid}`, () => {
      const golden = objects.get(uid);
      assert.ok(golden);
      const cleared = clearPolicy(aCandidate(golden.row));
      assert.ok(cleared);
      const members = JSON.parse(cleared.after.attributes) as object;
      const left = Object.keys(members).filter((name) => name.startsWith('Rotate'));
      const inKeyset = change.keyset === true;
      assert.deepEqual(left, inKeyset ? ['RotateGeneration', 'RotateLatest', 'RotateName'] : []);
      assert.ok(!/Rotate(Interval|Offset|Automatic)/.test(cleared.after.object));
      assert.equal(clearPolicy(aCandidate(cleared.after)), null, 'again');
    });
  }

  it('is given to no object that a run never rotates', () => {
    for (const [uid, reason] of [
      ['rsa-keyset_pk', 'PublicKey'],
      ['secret', 'Unsupported'],
      ['destroyed', 'WrongState'],
      ['deactivated', 'WrongState'],
      ['compromised', 'WrongState'],
    ] as const) {
      const golden = objects.get(uid);
      assert.ok(golden);
      assert.throws(() => setPolicy(aCandidate(golden.row), MONTH), { reason, uid });
    }
  });
});
