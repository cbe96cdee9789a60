// What a server may send in place of a login, and after it: every way of it ends with an error of ours, in time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import type { KmsError } from '../../../src/errors.js';
import { openStore } from '../../../src/store/open.js';
import { tries } from '../../support/effort.js';

/** Short, as nobody who is asked here is slow. */
const LIMITS = { connectMs: 300, silenceMs: 120, endMs: 50 };

/** Opens a store on a server that does this to each connection, and returns the error. */
async function errorWith(
  scheme: string,
  serve: (socket: Socket) => void,
): Promise<Pick<KmsError, 'reason' | 'message' | 'hint'>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `${scheme}://kms:x@127.0.0.1:${port}/kms`;
  try {
    const store = await openStore(url, { mode: 'read', busyTimeoutMs: 100, limits: LIMITS });
    await store.close();
    throw new Error('a store was opened');
  } catch (error) {
    // What connects is loaded when it is needed, here with a class of its own.
    const { name, reason, message, hint } = error as KmsError;
    assert.equal(name, 'KmsError', String(error));
    return { reason, message, hint };
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const pgMessage = (type: string, content: readonly number[]) => {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([header, Buffer.from(content)]);
};

/** Lets a session in, answers its first query, which is about the kind of session, and then nothing more. */
const letInAndFallSilent = (socket: Socket) => {
  const ready = pgMessage('Z', [0x49]);
  socket.once('data', () => {
    socket.write(Buffer.concat([pgMessage('R', [0, 0, 0, 0]), ready]));
    socket.once('data', () => {
      const field = [...Buffer.from('fits\0'), ...Buffer.alloc(9), 16, 0, 1, 255, 255, 255, 255];
      socket.write(
        Buffer.concat([
          pgMessage('T', [0, 1, ...field, 0, 0]),
          pgMessage('D', [0, 1, 0, 0, 0, 1, 0x74]),
          pgMessage('C', [...Buffer.from('SELECT 1\0')]),
          ready,
        ]),
      );
    });
  });
};

/** A greeting of MySQL 8, as the driver takes it. */
const mysqlGreeting = () => {
  const payload = Buffer.concat([
    Buffer.from('\x0a8.0.36\0', 'latin1'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('abcdefgh\0', 'latin1'),
    Buffer.from([0xff, 0xf7, 45, 2, 0, 0xff, 0xdf, 21]),
    Buffer.alloc(10),
    Buffer.from('ijklmnopqrst\0mysql_native_password\0', 'latin1'),
  ]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
};

describe('what answers in place of a server', () => {
  for (const [method, name] of [
    [7, 'GSSAPI'],
    [9, 'SSPI'],
  ] as const) {
    it(`is named if it asks for ${name}`, async () => {
      const error = await errorWith('postgres', (socket) => {
        socket.once('data', () => socket.write(pgMessage('R', [0, 0, 0, method])));
      });
      assert.equal(error.reason, 'StoreLoginUnsupported');
      assert.match(`${error.message}; ${error.hint ?? ''}`, new RegExp(`${name}.*pg_hba\\.conf`));
    });
  }

  it('is named by the plugin that it logs in with', async () => {
    const error = await errorWith('mysql', (socket) => {
      socket.write(mysqlGreeting());
      socket.once('data', () => {
        const plugin = Buffer.from('\xfeauth_gssapi_client\0principal\0', 'latin1');
        socket.write(Buffer.concat([Buffer.from([plugin.length, 0, 0, 2]), plugin]));
      });
    });
    assert.equal(error.reason, 'StoreLoginUnsupported');
    assert.match(error.message, /auth_gssapi_client/);
  });

  it('is given up if it logs us in and then says nothing more', async () => {
    const error = await errorWith('postgres', (socket) => {
      socket.once('data', () => {
        socket.write(Buffer.concat([pgMessage('R', [0, 0, 0, 0]), pgMessage('Z', [0x49])]));
      });
    });
    assert.match(error.message, /did not finish the login in time/);
  });

  it('is waited for while it refuses the second session that asks whether it lives', async () => {
    let sessions = 0;
    let first: Socket | null = null;
    const error = await errorWith('postgres', (socket) => {
      sessions += 1;
      if (sessions === 1) {
        first = socket;
        letInAndFallSilent(socket);
        return;
      }
      socket.once('data', () => {
        socket.end(pgMessage('E', [...Buffer.from('SFATAL\0C53300\0Mfull\0\0')]));
      });
      // By then it has been asked for longer than a session may take to make.
      if (sessions === 6) first?.destroy();
    });
    assert.ok(sessions >= 6);
    // Cut by the test, not given up by us.
    assert.match(error.message, /ECONNRESET/);
  });

  const chunk = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(
        fc.constantFrom(...Array.from('RSKZENTDCAGHIVWdstvn123')),
        fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 30 }),
      )
      .map(([type, content]) => pgMessage(type, content)),
    fc.constant(mysqlGreeting()),
    fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.uint8Array({ minLength: 1, maxLength: 40 }))
      .map(([length, bytes]) => Buffer.concat([Buffer.from([length, 0, 0, 2]), bytes])),
  );
  const behaviour = fc.record({
    chunks: fc.array(chunk, { maxLength: 4 }),
    waitsForUs: fc.boolean(),
    cuts: fc.boolean(),
  });

  for (const scheme of ['postgres', 'mysql', 'mariadb']) {
    it(`never crashes ${scheme}, nor keeps it`, async function () {
      this.timeout(0);
      await fc.assert(
        fc.asyncProperty(behaviour, async ({ chunks, waitsForUs, cuts }) => {
          const error = await errorWith(scheme, (socket) => {
            const send = () => {
              for (const bytes of chunks) socket.write(bytes);
              if (cuts) socket.end();
            };
            if (waitsForUs) socket.once('data', send);
            else send();
          });
          assert.match(error.reason, /^Store/);
        }),
        { numRuns: tries(15, 30, 2000) },
      );
    });
  }
});
