import assert from 'node:assert/strict';
import fc from 'fast-check';
import { newErrorCheck } from '../../../src/store/connect/check-pg-errors.js';

const message = (type: string, content: Buffer | string) => {
  const body = Buffer.from(content);
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
};

const ERROR = message('E', 'SFATAL\0C28P01\0Mno\0\0');

describe('errors of PostgreSQL', () => {
  it('are taken in chunks of any size, among other messages', () => {
    const row = message('D', Buffer.from('E\0\0\0\0N\0\0'));
    const stream = Buffer.concat([message('R', '\0\0\0\0'), ERROR, row, message('N', '\0'), ERROR]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 })), (sizes) => {
        const check = newErrorCheck();
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          check(stream.subarray(at, at + size));
          at += size;
        }
      }),
    );
  });

  for (const [what, bytes] of [
    ['ends in the middle of a field', message('E', 'SFATAL\0C28')],
    ['lacks the last zero byte', message('N', 'SFATAL\0')],
    ['is empty', message('E', '')],
    ['has a length of two gigabytes', Buffer.from('E\x7f\xff\xff\xff', 'latin1')],
    ['is shorter than its header', Buffer.from('E\0\0\0\x03', 'latin1')],
  ] as const) {
    it(`are refused if one ${what}`, () => {
      assert.throws(() => {
        newErrorCheck()(bytes);
      });
      assert.throws(() => {
        newErrorCheck()(Buffer.concat([ERROR, bytes]));
      });
    });
  }
});
