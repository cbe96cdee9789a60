// What is due, in words: a table, then what ails a key, then orphans.
import assert from 'node:assert/strict';
import type { ListedKey } from '../../src/due-list.js';
import { dueTable } from '../../src/output/due-table.js';
import type { Orphan } from '../../src/orphans.js';
import { DAY, JANUARY } from '../support/store.js';
import { linesOf, PIPE, plainTerminal } from '../support/terminals.js';
import { aListedKey } from '../support/views.js';

const NOW = JANUARY + 31 * DAY;

function said(
  keys: readonly ListedKey[],
  options: { explain?: boolean; orphans?: readonly Orphan[]; width?: number } = {},
): readonly string[] {
  const { explain = false, orphans = [], width } = options;
  const terminal = width === undefined ? PIPE : plainTerminal(width);
  return linesOf(dueTable(keys, { now: NOW, explain, orphans }, terminal));
}

describe('the table of due keys', () => {
  it('tells how long a key is overdue, and what it is', () => {
    assert.deepEqual(said([aListedKey()]), [
      'UID    DUE          DEADLINE              KEY      FLOW   OWNER',
      'key-1  1 d overdue  2026-02-09T08:00:00Z  AES-256  plain  ops@example.org',
    ]);
  });

  it('has verdicts when they are asked for', () => {
    const [head, line] = said([aListedKey({ verdict: 'unsupported' })], { explain: true });
    assert.match(head ?? '', /^UID +VERDICT +DUE /);
    assert.match(line ?? '', /^key-1 +unsupported +1 d overdue /);
  });

  it('gives no distance for a key that no run will rotate', () => {
    for (const verdict of ['not-active', 'already-replaced', 'opted-out'] as const) {
      const [, line] = said([aListedKey({ verdict, due: false })], { explain: true });
      assert.match(line ?? '', new RegExp(`^key-1 +${verdict} +– +2026-02-09`));
    }
  });

  it('shows a dash for what cannot be told', () => {
    const unknown = { algorithm: null, objectType: null, length: null, flow: null, owner: null };
    const [, line] = said([aListedKey({ ...unknown, deadline: null, verdict: 'undecidable' })]);
    assert.match(line ?? '', /^key-1 +– +– +– +– +–$/);
  });

  it('says below the table what ails a key, harmlessly', () => {
    const error = { reason: 'Undecidable', message: 'no date\u001b[2J' } as const;
    const lines = said([aListedKey({ uid: 'bad\n', error })]);
    assert.deepEqual(lines.slice(2), ['', 'bad\\u{a}: no date\\u{1b}[2J']);
  });

  it('lists orphans, even if there is no key to list', () => {
    const orphan = { uid: 'dek', wrappingKeyUid: 'kek', replacementUid: 'kek@1\u0007' };
    assert.deepEqual(said([], { explain: true, orphans: [orphan] }), [
      '',
      'dek: still wrapped by kek, which kek@1\\u{7} replaced',
    ]);
  });

  it('keeps uid and distance longest as the terminal narrows', () => {
    const [head] = said([aListedKey({ uid: '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01' })], {
      width: 52,
    });
    assert.match(head ?? '', /^UID +DUE$/);
  });
});
