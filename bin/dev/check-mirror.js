// Fails, naming them, if folders of src have no folder of the same path in test with a *.test.ts file
// below it: test/ mirrors src/.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folders whose tests stand elsewhere. */
const COVERED_BY = {
  'store/dialects/mysql': 'store/dialects',
  'store/dialects/postgresql': 'store/dialects',
};

const src = fileURLToPath(new URL('../../src/', import.meta.url));
const test = fileURLToPath(new URL('../../test/', import.meta.url));

for (const folder of foldersOf(src)) {
  const mirror = COVERED_BY[folder] ?? folder;
  if (hasTests(mirror)) continue;
  console.error(`src/${folder} has no tests: put a *.test.ts file into test/${mirror}`);
  process.exitCode = 1;
}

/** Every folder below a root, as a path from it. */
function foldersOf(root, prefix = '') {
  return readdirSync(`${root}${prefix}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [`${prefix}${name}`, ...foldersOf(root, `${prefix}${name}/`)]);
}

function hasTests(folder) {
  const path = `${test}${folder}`;
  return (
    existsSync(path) &&
    readdirSync(path, { recursive: true }).some((name) => name.endsWith('.test.ts'))
  );
}
