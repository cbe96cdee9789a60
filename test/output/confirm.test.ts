// A question that only yes affirms.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { confirm } from '../../src/output/confirm.js';

async function answering(typed: string | null) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answer = confirm('Remove it?', input, output);
  input.end(typed ?? undefined);
  const yes = await answer;
  return { yes, asked: String(output.read()) };
}

describe('confirm', () => {
  it('asks, and says that the answer is no unless told otherwise', async () => {
    assert.match((await answering('y\n')).asked, /^Remove it\? \[y\/N\] /);
  });

  for (const typed of ['y\n', 'Y\n', 'yes\n', ' Yes \n', 'y\r\n']) {
    it(`takes ${JSON.stringify(typed)} for yes`, async () => {
      assert.equal((await answering(typed)).yes, true);
    });
  }

  for (const typed of ['\n', 'n\n', 'no\n', 'yess\n', 'oh y\n', null]) {
    it(`takes ${typed === null ? 'the end of the input' : JSON.stringify(typed)} for no`, async () => {
      assert.equal((await answering(typed)).yes, false);
    });
  }
});
