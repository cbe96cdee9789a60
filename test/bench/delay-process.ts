// A way to a database server as over a network, in a process of its own: a TCP proxy that hands on what arrives in either
// direction so many milliseconds later. Prints the URL that leads through it, and ends with its standard input.
import type { Socket } from 'node:net';
import { withProxy } from '../support/proxy.js';

const [url = '', milliseconds = ''] = process.argv.slice(2);

await withProxy(url, wire, async (through) => {
  process.stdout.write(`${through.href}\n`);
  await new Promise((resolve) => process.stdin.resume().on('end', resolve));
});
process.exit();

function wire(client: Socket, server: Socket): void {
  handOn(client, server);
  handOn(server, client);
}

/** Chunks that are late by the same time stay in their order. */
function handOn(from: Socket, to: Socket): void {
  from.on('data', (chunk) => {
    setTimeout(() => to.write(chunk), Number(milliseconds));
  });
}
