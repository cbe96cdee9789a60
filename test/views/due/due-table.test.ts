// What is due, in words: a table, then what ails a key, then stale dependants.
import assert from 'node:assert/strict';
import { KmsError } from '../../../src/errors.js';
import type { ListedKey } from '../../../src/views/due/due-list.js';
import { dueTable, explainedTable } from '../../../src/views/due/due-table.js';
import type { StaleDependant } from '../../../src/survey/stale-dependants.js';
import { collect } from '../../../src/survey/survey.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';
import { linesOf, PIPE, plainTerminal } from '../../support/terminals.js';
import { aListedKey } from '../../support/views.js';

const NOW = JANUARY + 31 * DAY;

async function said(keys: readonly ListedKey[], width = Infinity): Promise<readonly string[]> {
  async function* pages() {
    await Promise.resolve();
    if (keys.length > 0) yield keys;
  }
  return linesOf(await collect(dueTable(pages(), NOW, terminalOf(width))));
}

function explained(
  keys: readonly ListedKey[],
  staleDependants: readonly StaleDependant[] = [],
): readonly string[] {
  return linesOf(explainedTable(keys, { now: NOW, conditions: new Map(), staleDependants }, PIPE));
}

const terminalOf = (width: number) => (Number.isFinite(width) ? plainTerminal(width) : PIPE);

describe('the table of due keys', () => {
  it('tells how long a key is overdue, and what it is', async () => {
    assert.deepEqual(await said([aListedKey()]), [
      'UID    DUE          DEADLINE              KEY      FLOW   OWNER',
      'key-1  1 d overdue  2026-02-09T08:00:00Z  AES-256  plain  ops@example.org',
    ]);
  });

  it('has verdicts when they are asked for', () => {
    const [, , head, line] = explained([aListedKey({ verdict: 'unsupported' })]);
    assert.match(head ?? '', /^UID +VERDICT +DUE /);
    assert.match(line ?? '', /^key-1 +unsupported +1 d overdue /);
  });

  it('gives no distance for a key that no run will rotate', () => {
    for (const verdict of ['not-active', 'already-replaced', 'opted-out'] as const) {
      const [, , , line] = explained([aListedKey({ verdict, due: false })]);
      assert.match(line ?? '', new RegExp(`^key-1 +${verdict} +– +2026-02-09`));
    }
  });

  it('begins an explanation with how many there are of each, and what a run has to do with', () => {
    const keys = (
      ['not-armed', 'already-replaced', 'not-due', 'due', 'undecidable', 'due'] as const
    ).map((verdict, index) => aListedKey({ uid: `key-${index}`, verdict }));
    const [head, blank, , ...lines] = explained(keys);
    assert.equal(head, '1 undecidable, 2 due, 1 not-due, 1 not-armed, 1 already-replaced');
    assert.equal(blank, '');
    const uids = lines.map((line) => line.split(' ')[0]);
    assert.deepEqual(uids, ['key-4', 'key-3', 'key-5', 'key-2', 'key-0', 'key-1']);
  });

  it('shows a dash for what cannot be told', async () => {
    const unknown = { algorithm: null, objectType: null, length: null, flow: null, owner: null };
    const [, line] = await said([
      aListedKey({ ...unknown, deadline: null, verdict: 'undecidable' }),
    ]);
    assert.match(line ?? '', /^key-1 +– +– +– +– +–$/);
  });

  it('says below the table what ails a key, harmlessly', async () => {
    const error = { reason: 'Undecidable', message: 'no date\u001b[2J' } as const;
    const lines = await said([aListedKey({ uid: 'bad\n', error })]);
    assert.deepEqual(lines.slice(2), ['', 'bad\\u{a}: no date\\u{1b}[2J']);
  });

  it('lists stale dependants, even if there is no key to list', () => {
    const staleDependant = { uid: 'dek', wrappingKeyUid: 'kek' };
    const error = new KmsError('WrappingKeyNotActive', 'its replacement is Deactivated');
    const staleDependants = [
      { ...staleDependant, replacementUid: 'kek@1\u0007', error: null },
      { ...staleDependant, replacementUid: null, error },
    ];
    assert.deepEqual(explained([], staleDependants), [
      '',
      'dek: still wrapped by kek, which kek@1\\u{7} replaced',
      'dek: still wrapped by kek: its replacement is Deactivated',
    ]);
  });

  it('keeps uid and distance longest as the terminal narrows', async () => {
    const [head] = await said([aListedKey({ uid: '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01' })], 52);
    assert.match(head ?? '', /^UID +DUE$/);
  });
});
