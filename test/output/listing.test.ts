// Lists as they are asked for: columns, order, CSV.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { listing, type ListRequest } from '../../src/output/listing.js';
import type { Column } from '../../src/output/table-layout.js';
import { terminalOf } from '../../src/output/terminal.js';

interface Row {
  readonly uid: string;
  readonly age: number | null;
  readonly tag?: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'UID', value: ({ uid }) => uid },
  {
    title: 'DUE IN',
    value: ({ age }) => (age === null ? null : `${age} d`),
    raw: ({ age }) => age,
    weight: 1,
  },
  { title: 'TAG', value: ({ tag }) => tag ?? null, weight: 2 },
];
const EXTRA: readonly Column<Row>[] = [{ title: 'SIZE', value: ({ uid }) => `${uid.length}` }];
const ROWS: readonly Row[] = [
  { uid: 'b', age: 9, tag: 'x' },
  { uid: 'a,"x"', age: 10 },
  { uid: 'c', age: null },
];
const PIPE = terminalOf({}, {});

const lines = (request: Partial<ListRequest>, terminal = PIPE) =>
  [...listing(COLUMNS, ROWS, { csv: false, ...request }, terminal, EXTRA)].join('\n').split('\n');

describe('a list', () => {
  it('is CSV with every column, quoted where it must be (RFC 4180), empty where there is nothing', () => {
    assert.deepEqual(lines({ csv: true }), [
      'uid,due-in,tag,size',
      'b,9,x,1',
      '"a,""x""",10,,5',
      'c,,,1',
    ]);
  });

  it('neutralises, where asked, texts that a spreadsheet takes for formulas, and never a number', () => {
    const cells: readonly (readonly [string, string])[] = [
      ['=1+1', `'=1+1`],
      ['+cmd', `'+cmd`],
      ['-x', `'-x`],
      ['@SUM(1)', `'@SUM(1)`],
      ['\t=1', `'\t=1`],
      ['=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
      ['-5.2', '-5.2'],
      ['a=1', 'a=1'],
    ];
    const rows = cells.map(([uid]) => ({ uid, age: -1 }));
    const csv = (csvSafe: boolean) =>
      [...listing(COLUMNS, rows, { csv: true, csvSafe, columns: 'uid,due-in' }, PIPE)].slice(1);
    assert.deepEqual(
      csv(true),
      cells.map(([, safe]) => `${safe},-1`),
    );
    assert.equal(csv(false)[0], '=1+1,-1');
  });

  it('sorts by a column, numbers as numbers, what there is not last', () => {
    const order = (sort: string) => lines({ csv: true, columns: 'uid', sort }).slice(1);
    assert.deepEqual(order('due-in'), ['b', '"a,""x"""', 'c']);
    assert.deepEqual(order('uid'), ['"a,""x"""', 'b', 'c']);
    assert.deepEqual(order('-uid'), ['c', 'b', '"a,""x"""']);
  });

  it('shows the columns that are asked for, and them alone, however narrow the terminal', () => {
    const narrow = { ...PIPE, isTerminal: true, width: 8 };
    assert.match(lines({}, narrow)[0] ?? '', /^UID$/);
    assert.match(lines({ columns: 'due-in,size' }, narrow)[0] ?? '', /^DUE IN +SIZE$/);
  });

  it('names the nearest column where there is none of a name', () => {
    for (const request of [{ columns: 'uid,siz' }, { sort: '-siz' }]) {
      assert.throws(
        () => lines(request),
        (error) =>
          error instanceof KmsError &&
          error.reason === 'InvalidArgument' &&
          (error.hint ?? '').includes('did you mean size?'),
      );
    }
  });
});
