// Somebody who writes to a store all the time, as its server does, in a process of its own: an object that nobody else
// touches is written again and again. Says on standard output that it began; when its standard input ends, it writes into
// a file the longest time that a write took, in milliseconds.
import { writeFileSync } from 'node:fs';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { withBare } from '../support/sql.js';

const UID = 'written-by-a-server';
const PAUSE_MS = 20;

const [url = '', file = ''] = process.argv.slice(2);

await withBare(url, async (bare) => {
  const { object, attributes } = aSymmetricKey({ uid: UID, intervalSeconds: null });
  await bare.query('DELETE FROM objects WHERE id = ?', [UID]);
  await bare.query(
    `INSERT INTO objects (id, object, attributes, state, owner) VALUES (?, ?, ?, 'Active', 'server')`,
    [UID, object, attributes],
  );
  process.stdout.write('writing\n');
  const over = new AbortController();
  process.stdin.resume().on('end', () => {
    over.abort();
  });
  let worstMs = 0;
  while (!over.signal.aborted) {
    const began = performance.now();
    await bare.query('UPDATE objects SET attributes = ? WHERE id = ?', [attributes, UID]);
    worstMs = Math.max(worstMs, performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  writeFileSync(file, String(worstMs));
});
process.exit();
