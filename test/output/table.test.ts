// Tables that fit: which columns give way first, what is cut, and how many rows are printed.
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { pagedTable, tableBlocks, type Column } from '../../src/output/table.js';
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

  it('leaves out the columns of least weight first, and only as many as it must', () => {
    const titles = (width: number) => table([ROW], width)[0]?.split(/ +/);
    assert.deepEqual(titles(83), ['UID', 'STATE', 'DATE', 'OWNER']);
    assert.deepEqual(titles(82), ['UID', 'STATE', 'DATE']);
    assert.deepEqual(titles(66), ['UID', 'STATE', 'DATE']);
    assert.deepEqual(titles(65), ['UID', 'STATE']);
    assert.deepEqual(titles(40), ['UID', 'STATE']);
  });

  it('cuts the widest column when nothing is left to leave out, and marks the cut', () => {
    const [, line] = table([ROW], 40);
    assert.equal(line?.length, 40);
    assert.match(line, /^6f0d4c1e-6a54-4a51-9b1c-3d8f6f1…\s+Active$/);
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

  for (const width of [40, 80, 200]) {
    it(`never writes past ${width} columns`, () => {
      const wide = 'x'.repeat(300);
      for (const line of table([ROW, [wide, 'Active', wide, wide], ['', '', '', '']], width)) {
        assert.ok(line.length <= width, `${line.length}: ${line}`);
      }
    });
  }

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

  it('whose rows arrive in pages keeps its columns, and makes them wider where it must', async () => {
    async function* pages(): AsyncGenerator<readonly Row[]> {
      await Promise.resolve();
      yield [['key-1', 'Active', '', 'ops']];
      yield [['key-1000', 'Active', '', 'somebody-else@example.org']];
      yield [['key-2', 'Active', '', 'ops']];
    }
    const lines = async (width: number) => {
      const blocks: string[] = [];
      for await (const block of pagedTable(COLUMNS, pages(), plainTerminal(width))) {
        blocks.push(block);
      }
      return linesOf(blocks);
    };
    assert.deepEqual(await lines(80), [
      'UID    STATE   DATE  OWNER',
      'key-1  Active        ops',
      'key-1000  Active        somebody-else@example.org',
      'key-2     Active        ops',
    ]);
    assert.deepEqual(await lines(30), [
      'UID    STATE   DATE  OWNER',
      'key-1  Active        ops',
      'key-1000  Active        somebod…',
      'key-2     Active        ops',
    ]);
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
