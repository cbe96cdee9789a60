// Text is written to a pipe no faster than it is read, and no more of it once the reader has gone.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { writeLines, writeTexts } from '../../src/output/write-lines.js';

const TEXT = 'x'.repeat(1000);

/** Yields texts without end, and counts those that were asked for. */
function endless() {
  const asked = { count: 0 };
  const texts = (function* () {
    for (;;) {
      asked.count += 1;
      yield TEXT;
    }
  })();
  return { asked, texts };
}

/** From Node 26 on, one call of read() returns one of the buffers that were written. */
function readAll(pipe: PassThrough): void {
  while (pipe.read() !== null);
}

const aPipe = () => new PassThrough({ highWaterMark: 10 * TEXT.length });

describe('writing to a pipe', () => {
  it('writes everything, each line with a line feed', async () => {
    const pipe = aPipe();
    const read = text(pipe);
    await writeLines(pipe, ['one', 'two\nthree']);
    await writeTexts(pipe, Array<string>(100).fill(TEXT));
    pipe.end();
    assert.equal(await read, `one\ntwo\nthree\n${TEXT.repeat(100)}`);
  });

  it('waits for the reader: takes no text that there is no room for', async () => {
    const pipe = aPipe();
    const { asked, texts } = endless();
    const writing = writeTexts(pipe, texts);
    await pause(20);
    const held = asked.count;
    assert.ok(held <= 20, `${held}`);
    const drained = once(pipe, 'drain');
    readAll(pipe);
    await drained;
    await pause(1);
    assert.ok(asked.count > held);
    pipe.destroy();
    await writing;
  });

  it('stops early when the reader leaves, even before the start', async () => {
    const pipe = aPipe();
    pipe.on('error', () => undefined);
    const [begun, late] = [endless(), endless()];
    const writing = writeTexts(pipe, begun.texts);
    await pause(1);
    pipe.destroy(new Error('EPIPE'));
    await writing;
    assert.equal(begun.texts.next().done, true);
    await writeTexts(pipe, late.texts);
    assert.equal(late.texts.next().done, true);
  });

  it('leaves no listener behind', async () => {
    const pipe = aPipe().resume();
    const count = () => pipe.eventNames().map((name) => pipe.listenerCount(name));
    const before = count();
    await writeTexts(pipe, Array<string>(100).fill(TEXT));
    assert.deepEqual(count(), before);
  });
});
