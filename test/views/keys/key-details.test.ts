// One object, many, or its generations, in words.
import assert from 'node:assert/strict';
import { keyDetails, keyTable, lineageDrawing } from '../../../src/views/keys/key-details.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';
import { linesOf, PIPE } from '../../support/terminals.js';
import { aKeyView } from '../../support/views.js';

const NOW = JANUARY + 31 * DAY;

describe('the details of a key', () => {
  it('are one line for each attribute that it has', () => {
    assert.deepEqual(linesOf(keyDetails(aKeyView(), NOW, PIPE)), [
      'Unique Identifier  key-1',
      'Object Type        SymmetricKey',
      'Key                AES-256',
      'State              Active',
      'Owner              ops@example.org',
      'Initial Date       2026-01-10T08:00:00Z',
      'Activation Date    2026-01-10T08:00:00Z',
      'Rotate Interval    30 d',
      'Rotate Automatic   true',
      'Deadline           2026-02-09T08:00:00Z (1 d overdue)',
    ]);
  });

  it('name keyset, dependants, wrapping key and both links', () => {
    const view = aKeyView({
      ...{ keyset: 'set', generation: 2, dependants: 3, wrappingKeyUid: 'kek' },
      ...{ replacedUid: 'set@1', replacementUid: 'set@3', names: ['a', 'b'], tags: ['t'] },
    });
    const lines = linesOf(keyDetails(view, NOW, PIPE));
    for (const line of [
      'Name               a, b',
      'Tags               t',
      'Wrapped by         kek',
      'Dependants         3',
      'Keyset             set, generation 2',
      'Replaces           set@1',
      'Replaced by        set@3',
    ]) {
      assert.ok(lines.includes(line), line);
    }
  });

  it('show a negative offset as one', () => {
    const lines = linesOf(keyDetails(aKeyView({ offsetSeconds: -2 * DAY }), NOW, PIPE));
    assert.ok(lines.includes('Rotate Offset      -2 d'));
  });

  it('hold nothing that steers a terminal', () => {
    const view = aKeyView({ uid: 'a\u001b[2J', owner: 'b\nc', tags: ['\u202e'] });
    const text = linesOf(keyDetails(view, NOW, PIPE)).join('\n');
    assert.match(text, /a\\u\{1b\}\[2J\n/);
    assert.match(text, /b\\u\{a\}c\n/);
    assert.match(text, /\\u\{202e\}\n/);
  });

  it('say why a malformed object shows so little', () => {
    const error = { reason: 'MalformedObject', message: 'object must be JSON' } as const;
    const view = aKeyView({ algorithm: null, objectType: null, length: null, error });
    const lines = linesOf(keyDetails(view, NOW, PIPE));
    assert.ok(!lines.some((line) => line.startsWith('Key ')));
    assert.equal(lines.at(-1), 'Malformed          object must be JSON');
  });
});

describe('the table of keys', () => {
  it('has a line for each, with dashes for what there is none of', () => {
    const bare = { intervalSeconds: null, deadline: null, owner: null, state: null };
    const lines = linesOf(keyTable([aKeyView({ tags: ['a', 'b'] }), aKeyView(bare)], NOW, PIPE));
    assert.deepEqual(lines, [
      'UID    STATE   KEY      INTERVAL  DUE          TAGS  OWNER',
      'key-1  Active  AES-256  30 d      1 d overdue  a, b  ops@example.org',
      'key-1  –       AES-256  –         –            –     –',
    ]);
  });
});

describe('the drawing of a lineage', () => {
  it('joins the generations, and marks the Active one', () => {
    const replaced = { state: 'Deactivated', deadline: null, initialDate: null };
    const generations = [
      aKeyView({ ...replaced, uid: 'set\u0007' }),
      aKeyView({ uid: 'set@1', generation: 1 }),
    ];
    assert.deepEqual(linesOf(lineageDrawing(generations, NOW, PIPE)), [
      '○ set\\u{7}  Deactivated',
      '│   generation 0, since unknown',
      '│',
      '● set@1  Active, due 2026-02-09T08:00:00Z (1 d overdue)',
      '    generation 1, since 2026-01-10T08:00:00Z',
    ]);
  });
});
