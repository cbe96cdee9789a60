// Keeps what V8 compiles of the built program, for loader.cjs: runs commands on a store of its own and writes their
// code to dist/code-cache/, for the Node that runs this. `rotate due` is not among the commands: it sets a flag of V8,
// and V8 takes code only under the flags that it was made with.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const COMMANDS = [
  'init --yes',
  'key create a --keyset --interval 90d --initial-date 2025-01-01',
  'due list',
  'rotate key a@latest',
];
const LOADER = '../../dist/loader.cjs';

const require = createRequire(import.meta.url);
const { codeCache } = require(LOADER);
// With a file in this place, even an empty one, the loader offers the code that it compiles.
mkdirSync(dirname(codeCache), { recursive: true });
writeFileSync(codeCache, '');
delete require.cache[require.resolve(LOADER)];
const program = require(LOADER);

const folder = mkdtempSync(join(tmpdir(), 'kms-build-'));
// In a file, so that what reads one is kept too.
process.env.KMS_CONFIG = join(folder, 'kms.toml');
writeFileSync(
  process.env.KMS_CONFIG,
  `[database]\nurl = ${JSON.stringify(`sqlite:${join(folder, 'kms.db')}`)}\n`,
);
for (const line of COMMANDS) {
  await program.main(line.split(' '));
  if (process.exitCode !== 0) throw new Error(`kms ${line}: exit code ${process.exitCode}`);
}
rmSync(folder, { recursive: true });
writeFileSync(codeCache, program.script.createCachedData());
