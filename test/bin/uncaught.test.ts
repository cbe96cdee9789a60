// Errors that nobody catches: thrown by a driver in a handler of its own, say.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runApart } from '../support/binary.js';
import { errorOf } from '../support/documents.js';
import { temporaryFolder } from '../support/temporary.js';

/** Throws, or rejects, as soon as the program waits for its database. */
const THROWN = {
  'an exception': `setImmediate(() => { throw new TypeError('of nobody') })`,
  'a rejection': `setImmediate(() => { void Promise.reject(new TypeError('of nobody')) })`,
} as const;

describe('an error that nobody catches', () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
  });
  let url = '';
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `postgres://kms:x@127.0.0.1:${(server.address() as AddressInfo).port}/kms`;
  });
  after(() => server.close());

  const run = (thrown: string, argv: readonly string[]) => {
    const hook = `import net from 'node:net';
      const connect = net.Socket.prototype.connect;
      net.Socket.prototype.connect = function (...args) { ${thrown}; return connect.apply(this, args); };`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
    return runApart([...argv, '--database-url', url], { env: { NODE_OPTIONS } });
  };

  for (const [what, thrown] of Object.entries(THROWN)) {
    it(`is reported once like any other, be it ${what}`, async () => {
      const file = join(temporaryFolder(), 'kms.prom');
      const argv = ['rotate', 'due', '--json', '--metrics-file', file];
      const { code, stdout, stderr } = await run(thrown, argv);
      assert.deepEqual([code, stderr], [1, '']);
      assert.equal(errorOf(stdout).reason, 'Internal');
      assert.ok(existsSync(file));
    });
  }

  it('makes --check exit with 255', async () => {
    const { code, stdout } = await run(THROWN['an exception'], ['due', 'list', '--check']);
    assert.deepEqual([code, stdout], [255, '']);
  });
});
