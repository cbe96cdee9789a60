// Folders that vanish when the tests end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

export function temporaryFolder(below = tmpdir()): string {
  const folder = mkdtempSync(join(below, 'kms-test-'));
  made.push(folder);
  return folder;
}

// Folders, servers and hooks each clean up at the end; a warning of so many would follow the summary.
process.setMaxListeners(100);

process.on('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});
