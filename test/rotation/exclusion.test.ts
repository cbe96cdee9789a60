// Which of several reasons for passing over an object counts.
import assert from 'node:assert/strict';
import { exclusionOf } from '../../src/rotation/exclusion.js';

it('exclusionOf: the type before the replacement, then the state, the module last', () => {
  const none = { uid: 'k', state: 'Active', objectType: null, wrappingKeyUid: null } as const;
  assert.equal(exclusionOf({ ...none, replacedBy: null }), null);
  const module = { wrappingKeyUid: 'hsm::0::kek' };
  const all = { ...none, ...module, state: null, replacedBy: 'r' } as const;
  assert.equal(exclusionOf({ ...all, objectType: 'PublicKey' }), 'public-key');
  assert.equal(exclusionOf(all), 'already-replaced');
  assert.equal(exclusionOf({ ...all, replacedBy: null }), 'not-active');
  assert.equal(exclusionOf({ ...none, ...module, replacedBy: null }), 'hsm-resident');
});
