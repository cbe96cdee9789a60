// Runs commands of the built program on a store of its own, and keeps what V8 compiled for them, dist/kms.cache, for
// loader.cjs. `rotate due` is not among them: it sets a flag of V8, which takes code only under the flags of its making.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import program from '../../dist/loader.cjs';

const WARMING_UP = [
  'init --yes',
  'key create a --keyset --interval 90d --initial-date 2025-01-01',
  'due list',
  'rotate key a@latest',
];

const folder = mkdtempSync(join(tmpdir(), 'kms-build-'));
process.env.KMS_DATABASE_URL = `sqlite:${join(folder, 'kms.db')}`;
for (const line of WARMING_UP) {
  await program.main(line.split(' '));
  if (process.exitCode !== 0) throw new Error(`kms ${line}: exit code ${process.exitCode}`);
}
rmSync(folder, { recursive: true });
writeFileSync(new URL('../../dist/kms.cache', import.meta.url), program.script.createCachedData());
