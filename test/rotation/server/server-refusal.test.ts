// Which keys under a module the server is asked to rotate, and why not the others.
import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/kmip/json.js';
import { decodeRow, type ObjectRow } from '../../../src/kmip/managed-object.js';
import type { RotationCandidate } from '../../../src/rotation/candidate.js';
import {
  isKeptByModule,
  meansAnother,
  serverRefusal,
} from '../../../src/rotation/server/server-refusal.js';
import { aCandidate } from '../../support/candidates.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';

const HSM = 'hsm::0::kek';
const UUID = '384613d5-46c2-4a4e-b592-f9354aea19fe';

function kept(
  changes: Partial<RotationCandidate> = {},
  attributes: JsonObject = {},
  columns: Partial<ObjectRow> = {},
): RotationCandidate {
  return aCandidate(aSymmetricKey({}, attributes, { wrappingKeyId: HSM, ...columns }), changes);
}

const under = (wrappingKey: ObjectRow) =>
  kept(
    { relatedObjects: new Map([[wrappingKey.id, decodeRow(wrappingKey)]]) },
    {},
    {
      wrappingKeyId: wrappingKey.id,
    },
  );
const wrappingKey = (columns: Partial<ObjectRow>) =>
  aSymmetricKey({ uid: 'user-kek' }, {}, { wrappingKeyId: HSM, ...columns });

describe('what a module keeps', () => {
  it('is under its key, directly or not, or in it', () => {
    assert.equal(isKeptByModule(kept()), true);
    assert.equal(isKeptByModule(under(wrappingKey({}))), true);
    assert.equal(isKeptByModule(kept({}, {}, { id: 'hsm::0::k', wrappingKeyId: null })), true);
    assert.equal(isKeptByModule(kept({}, {}, { wrappingKeyId: null })), false);
    assert.equal(isKeptByModule(under(wrappingKey({ wrappingKeyId: null }))), false);
  });
});

describe('what the server is not asked for', () => {
  const cases: readonly (readonly [string, RotationCandidate, string | null])[] = [
    ['nothing against it', kept(), null],
    ['under an Active key', under(wrappingKey({})), null],
    [
      'under one that is Deactivated',
      under(wrappingKey({ state: 'Deactivated' })),
      'WrappingKeyNotActive',
    ],
    ['under one that is gone', kept({}, {}, { wrappingKeyId: 'gone' }), 'WrappingKeyMissing'],
    ['wraps others', kept({ dependants: 3 }), 'DependantsBehindHsm'],
    ['in the module', kept({}, {}, { id: 'hsm::0::k' }), 'HsmResident'],
    ['Deactivated', kept({}, {}, { state: 'Deactivated' }), 'WrongState'],
    ['Compromised', kept({}, {}, { state: 'Compromised' }), 'WrongState'],
    ['called as a member of a keyset', kept({}, {}, { id: 'orders@1' }), 'Unsupported'],
    ['called as the latest of one', kept({}, {}, { id: 'orders@latest' }), 'Unsupported'],
    [
      'is that member',
      kept({}, { RotateName: 'orders', RotateGeneration: 1 }, { id: 'orders@1' }),
      null,
    ],
    ['called as a list of tags', kept({}, {}, { id: '["billing"]' }), 'Unsupported'],
    ['called by a UUID', kept({}, {}, { id: `${UUID}@1` }), null],
    ['malformed', kept({}, {}, { object: '{}' }), 'MalformedObject'],
  ];
  for (const [name, candidate, reason] of cases) {
    it(name, () => {
      const refusal = serverRefusal(candidate);
      assert.equal(refusal?.reason ?? null, reason, refusal?.message);
    });
  }

  it('says how many objects it wraps, and what to do', () => {
    const refusal = serverRefusal(kept({ dependants: 3 }));
    assert.match(refusal?.message ?? '', /wraps 3 objects/);
    assert.match(refusal?.hint ?? '', /re-create .* under a new key .*move it out/);
  });

  it('refuses a uid that is the name of a keyset, unless it is the latest of it', () => {
    const ofOps = { owner: 'ops', state: 'Active', protectsUntil: null };
    const member = (uid: string, generation: number) => ({ ...ofOps, uid, generation });
    const members = [member('orders@1', 1), member('elsewhere', 0)];
    assert.equal(meansAnother('orders', members)?.reason, 'Unsupported');
    assert.equal(meansAnother('orders', []), null);
    assert.equal(meansAnother('orders', [member('orders', 0)]), null);
    assert.equal(meansAnother(UUID, members), null);
  });
});
