// The built program that tests start: made again when a source file is newer.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What the build reads. */
const SOURCES = ['src', 'bin', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** What the build writes last. */
const BUILT = join(ROOT, 'dist', 'package', 'package.json');

/** Set once the program is built, for the processes that this one starts too: a run of tests builds once. */
const DONE = 'KMS_TEST_BUILT';

/** Builds the program unless it is up to date. */
export function ensureBuilt(): void {
  if (process.env[DONE] !== undefined) return;
  if (!isUpToDate()) {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
    if (!existsSync(BUILT)) throw new Error(`the build writes ${BUILT} no more`);
  }
  process.env[DONE] = '1';
}

function isUpToDate(): boolean {
  return existsSync(BUILT) && newestIn(SOURCES) <= statSync(BUILT).mtimeMs;
}

/** Returns when a file or a folder among these was last changed. */
function newestIn(names: readonly string[]): number {
  const all = names.flatMap((name) => {
    const path = join(ROOT, name);
    if (!statSync(path).isDirectory()) return [path];
    const below = readdirSync(path, { recursive: true, encoding: 'utf8' });
    return [path, ...below.map((file) => join(path, file))];
  });
  return Math.max(...all.map((path) => statSync(path).mtimeMs));
}
