// Writes dist/sbom.cdx.json, a CycloneDX bill of materials of the published package: the packages bundled into dist/, and
// those that npm installs beside it, in the versions of package-lock.json.
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundledPackages, loadedDependencies } from './build/bundled-packages.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'));
const { '': product } = packages;

const bundled = bundledPackages().map(({ folder }) => folder);
const installed = withDependencies(Object.keys(loadedDependencies()).map((name) => found(name)));
const folders = oncePerReference([...bundled, ...installed]).sort();

writeFileSync(
  `${root}dist/sbom.cdx.json`,
  `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: {
        lifecycles: [{ phase: 'build' }],
        component: { type: 'application', ...identity(''), licenses: licenses(product.license) },
      },
      components: folders.map(component),
      dependencies: ['', ...folders].map((folder) => ({
        ref: reference(folder),
        dependsOn: [...new Set(dependenciesOf(folder).map(reference))].sort(),
      })),
    },
    undefined,
    2,
  )}\n`,
);

/** Two folders may hold the same version of a package. */
function oncePerReference(all) {
  return [...new Map(all.map((folder) => [reference(folder), folder])).values()];
}

function component(folder) {
  const { integrity, license } = packages[folder];
  return {
    type: 'library',
    ...identity(folder),
    licenses: licenses(license),
    hashes: [{ alg: 'SHA-512', content: hexOf(integrity) }],
    properties: [{ name: 'cdx:npm:package:bundled', value: String(bundled.includes(folder)) }],
  };
}

function identity(folder) {
  const [scope, name] = nameOf(folder).startsWith('@')
    ? nameOf(folder).split('/')
    : [undefined, nameOf(folder)];
  const { version } = packages[folder];
  const ref = reference(folder);
  return { 'bom-ref': ref, ...(scope && { group: scope }), name, version, purl: ref };
}

/** The package URL. */
function reference(folder) {
  return `pkg:npm/${nameOf(folder).replace('@', '%40')}@${packages[folder].version}`;
}

function nameOf(folder) {
  return folder === '' ? product.name : folder.replace(/^.*node_modules\//, '');
}

function licenses(license) {
  return / (OR|AND|WITH) /.test(license)
    ? [{ expression: license }]
    : [{ license: { id: license } }];
}

function hexOf(integrity) {
  return Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
}

/** Returns these folders and all that they depend on. */
function withDependencies(some) {
  const all = new Set(some);
  for (const folder of all) for (const next of needed(folder)) all.add(next);
  return [...all];
}

/** What a package depends on, as far as it is part of what is published. */
function dependenciesOf(folder) {
  const references = new Set(folders.map(reference));
  return needed(folder).filter((each) => references.has(reference(each)));
}

function needed(folder) {
  const { dependencies, optionalDependencies } = packages[folder];
  return Object.keys({ ...dependencies, ...optionalDependencies })
    .map((name) => found(name, folder))
    .filter((each) => each !== undefined);
}

/** Finds a package as Node does: in the nearest node_modules above. */
function found(name, from = '') {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (packages[path] !== undefined) return path;
  if (from === '') return undefined;
  return found(name, from.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, ''));
}
