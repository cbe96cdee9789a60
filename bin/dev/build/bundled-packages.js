// Lists the packages whose code is in the bundles of dist/, by what esbuild says it put there, and those that the
// bundles load when they run.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Returns each package once, sorted; `folder` is its path from the root, as package-lock.json has it. */
export function bundledPackages() {
  const paths = outputs().flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  );
  const folders = new Set(paths.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders].map(describedPackage).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Returns those dependencies of ours that must be installed beside the bundles. */
export function loadedDependencies() {
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const external = outputs().flatMap(({ imports }) =>
    imports.filter((imported) => imported.external).map(({ path }) => path),
  );
  const isLoaded = (name) => external.some((path) => path === name || path.startsWith(`${name}/`));
  return Object.fromEntries(Object.entries(dependencies).filter(([name]) => isLoaded(name)));
}

function outputs() {
  const metafiles = JSON.parse(readFileSync(`${root}dist/metafile.json`, 'utf8'));
  return metafiles.flatMap((metafile) => Object.values(metafile.outputs));
}

function packageFolder(path) {
  return /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}

function describedPackage(folder) {
  const manifest = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'));
  const { name, version, license } = manifest;
  return { id: `${name}@${version}`, license, folder };
}
