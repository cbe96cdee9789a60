// Listed keys and key views, ready to be printed. No assertions here.
import type { ListedKey } from '../../src/views/due/due-list.js';
import type { KeyView } from '../../src/views/keys/key-view.js';

const COMMON = {
  uid: 'key-1',
  owner: 'ops@example.org',
  objectType: 'SymmetricKey',
  algorithm: 'AES',
  length: 256,
  state: 'Active',
  wrappingKeyUid: null,
  dependants: 0,
  keyset: null,
  generation: 0,
  intervalSeconds: 2_592_000,
  offsetSeconds: null,
  retiresAt: null,
  deadline: '2026-02-09T08:00:00Z',
  error: null,
};

/** A key that is due on 2026-02-09, and so is a day overdue on the tenth. */
export function aListedKey(changes: Partial<ListedKey> = {}): ListedKey {
  return {
    ...COMMON,
    flow: 'plain',
    deadlineRule: 'initial-date+interval',
    deadlineOf: null,
    due: true,
    overdueSeconds: 86_400,
    verdict: 'due',
    remarks: [],
    ...changes,
  };
}

export function aKeyView(changes: Partial<KeyView> = {}): KeyView {
  return {
    ...COMMON,
    names: [],
    tags: [],
    automatic: true,
    initialDate: '2026-01-10T08:00:00Z',
    activationDate: '2026-01-10T08:00:00Z',
    deactivationDate: null,
    rotateDate: null,
    replacedUid: null,
    replacementUid: null,
    ...changes,
  };
}
