// The stand-in for a key server in a process of its own: prints its URL, and ends with its standard input.
import { startKmsServer } from '../support/kms-server/server.js';

const [store = ''] = process.argv.slice(2);
const server = await startKmsServer({ store });
process.stdout.write(`${server.url}\n`);
process.stdin.resume().on('end', () => {
  process.exit();
});
