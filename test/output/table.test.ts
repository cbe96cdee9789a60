// Tables that fit: which columns give way first, what is cut, and how many rows are printed.
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { pagedTable, tableBlocks } from '../../src/output/table.js';
import type { Column } from '../../src/output/table-layout.js';
import { colourTerminal, linesOf, PIPE, plainTerminal } from '../support/terminals.js';

type Row = readonly [string, string, string, string];

const COLUMNS: readonly Column<Row>[] = [
  { title: 'UID', value: (row) => row[0] },
  { title: 'STATE', value: (row) => row[1] },
  { title: 'DATE', value: (row) => row[2], weight: 2 },
  { title: 'OWNER', value: (row) => row[3], weight: 1 },
];
const UUID = '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01';
const REST = ['Active', '2026-09-01T09:00:00Z', 'ops@example.org'] as const;
const ROW: Row = [UUID, ...REST];

const table = (rows: readonly Row[], width: number) =>
  linesOf(tableBlocks(COLUMNS, rows, plainTerminal(width)));

describe('a table', () => {
  it('has a line for the titles and one for each row, two blanks between columns', () => {
    assert.deepEqual(table([ROW], 200), [
      `UID                                   STATE   DATE                  OWNER`,
      `${UUID}  Active  2026-09-01T09:00:00Z  ops@example.org`,
    ]);
  });

  it('leaves out the columns of least weight first, and says which', () => {
    const shown = (width: number) => {
      const [titles = '', , ...note] = table([ROW], width);
      return [titles.split(/ +/).join(' '), ...note];
    };
    assert.deepEqual(shown(83), ['UID STATE DATE OWNER']);
    assert.deepEqual(shown(82), ['UID STATE DATE', 'not shown for lack of room: OWNER']);
    assert.deepEqual(shown(66), ['UID STATE DATE', 'not shown for lack of room: OWNER']);
    assert.deepEqual(shown(44), ['UID STATE', 'not shown for lack of room: DATE, OWNER']);
  });

  it('leaves out a heavier column for a lighter one only if the heavier does not fit', () => {
    const [titles] = table([ROW], 65);
    assert.match(titles ?? '', /^UID +STATE +OWNER$/);
  });

  it('cuts no column that must be shown, however narrow the terminal', () => {
    for (const width of [40, 10]) assert.equal(table([ROW], width)[1], `${UUID}  Active`);
  });

  it('cuts a column that may be cut before it leaves it out', () => {
    const columns: readonly Column<Row>[] = COLUMNS.map((column, index) =>
      index === 3 ? { ...column, least: 8 } : column,
    );
    const line = (width: number) => linesOf(tableBlocks(columns, [ROW], plainTerminal(width)))[1];
    assert.match(line(83) ?? '', / ops@example\.org$/);
    assert.match(line(82) ?? '', / ops@example\.o…$/);
    assert.match(line(76) ?? '', / ops@exa…$/);
    assert.match(line(75) ?? '', / 2026-09-01T09:00:00Z$/);
  });

  it('never cuts where nobody reads along', () => {
    const wide = 'x'.repeat(3000);
    const [, line] = linesOf(tableBlocks(COLUMNS, [[wide, wide, wide, wide]], PIPE));
    assert.equal(line?.length, 4 * 3000 + 3 * 2);
  });

  it('lines up characters that take two columns', () => {
    const [, first, second] = table(
      [
        ['鍵', 'Active', '–', '–'],
        ['key-1', 'Active', '–', '–'],
      ],
      80,
    );
    assert.equal(first?.indexOf('Active'), '鍵'.length + 5);
    assert.equal(second?.indexOf('Active'), 'key-1'.length + 2);
  });

  it('writes line ends of a value out instead of breaking its line', () => {
    const lines = table([['a\nb\tc', 'Active', '–', '–']], 80);
    assert.equal(lines.length, 2);
    assert.match(lines[1] ?? '', /^a\\u\{a\}b\\u\{9\}c /);
  });

  it('takes up the same room in colour', () => {
    const painted: readonly Column<Row>[] = COLUMNS.map((column) => ({
      ...column,
      paint: (text) => colourTerminal(80).paint.red(text),
    }));
    const rows = [ROW, ROW];
    const lines = linesOf(tableBlocks(painted, rows, colourTerminal(66)));
    assert.notEqual(stripVTControlCharacters(lines.join('\n')), lines.join('\n'));
    assert.deepEqual(lines.map(stripVTControlCharacters), table(rows, 66));
  });

  describe('whose rows arrive in pages', () => {
    const lines = async (pages: readonly (readonly Row[])[], width: number) => {
      async function* arriving(): AsyncGenerator<readonly Row[]> {
        await Promise.resolve();
        yield* pages;
      }
      const blocks: string[] = [];
      for await (const block of pagedTable(COLUMNS, arriving(), plainTerminal(width))) {
        blocks.push(block);
      }
      return linesOf(blocks);
    };
    const SHORT: Row = ['key-1', 'Active', '', 'ops'];
    const LONG: Row = ['key-1000', 'Active', '', 'somebody-else@example.org'];

    it('keeps the same widths from page to page', async () => {
      assert.deepEqual(await lines([[SHORT], [LONG], [SHORT]], 80), [
        'UID       STATE   DATE  OWNER',
        'key-1     Active        ops',
        'key-1000  Active        somebody-else@example.org',
        'key-1     Active        ops',
      ]);
    });

    it('shows what it can say before the last page is read, and cuts nothing of what follows', async () => {
      const many = Array.from({ length: 1000 }, () => SHORT);
      const [titles, first, ...rest] = await lines([many, [LONG, SHORT]], 30);
      assert.equal(titles, 'UID    STATE   DATE  OWNER');
      assert.equal(first, 'key-1  Active        ops');
      assert.deepEqual(rest.slice(-2), [
        'key-1000  Active        somebody-else@example.org',
        first,
      ]);
    });

    it('says once, at the end, what there is no room for', async () => {
      const many = Array.from({ length: 1000 }, () => SHORT);
      const shown = await lines([many, [LONG]], 20);
      const note = 'not shown for lack of room: OWNER';
      assert.deepEqual(
        shown.filter((line) => line.startsWith('not shown')),
        [note],
      );
      assert.equal(shown.at(-1), note);
    });
  });

  it('prints its titles once, in blocks of a hundred rows with the same columns', () => {
    const rows = Array.from({ length: 1000 }, (_, index): Row => [
      `key-${index}`,
      'Active',
      '',
      '',
    ]);
    const blocks = [...tableBlocks(COLUMNS, rows, plainTerminal(80))];
    assert.equal(blocks.length, 10);
    const lines = linesOf(blocks);
    assert.equal(lines.length, 1001);
    assert.equal(lines.filter((line) => line.startsWith('UID')).length, 1);
    assert.deepEqual([...new Set(lines.slice(1).map((line) => line.indexOf('Active')))], [9]);
  });
});
