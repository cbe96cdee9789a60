// Makes dist/package/, the folder that npm packs and publishes: the files that package.json lists, the manual, and a
// manifest of its own. It depends only on what the bundles of dist/ load from elsewhere; package.json goes on listing
// everything that kms is built on.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadedDependencies } from './build/bundled-packages.js';

/** What a package says about itself; scripts and settings of tools stay in the repository. */
const PUBLISHED = [
  ...['name', 'version', 'description', 'keywords', 'homepage', 'bugs', 'repository', 'license'],
  ...['author', 'type', 'bin', 'man', 'engines', 'oclif'],
];

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = `${root}dist/package`;
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

rmSync(folder, { recursive: true, force: true });
for (const path of [...manifest.files, ...manifest.man]) {
  cpSync(`${root}${path}`, `${folder}/${path}`, { recursive: true });
}
const published = Object.fromEntries(
  PUBLISHED.filter((name) => name in manifest).map((name) => [name, manifest[name]]),
);
writeFileSync(
  `${folder}/package.json`,
  `${JSON.stringify({ ...published, dependencies: loadedDependencies() }, undefined, 2)}\n`,
);
