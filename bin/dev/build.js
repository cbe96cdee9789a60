// Builds dist/: a bundle of all commands and the packages that they need, since loading hundreds of files takes longer
// than the work; a bundle for each driver of a server, loaded when a store needs it; the code that V8 compiles of the
// first; the JSON schemas; and oclif.manifest.json, without which every start would load every command.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build } from 'esbuild';
import { withOwnDrivers, withoutEditor, withoutOtherDialects } from './build/bundle-plugins.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

// The loader runs here before its code cache exists, and would have Node make another cache.
process.env.NODE_DISABLE_COMPILE_CACHE = '1';

/** Each becomes dist/NAME.cjs, which knex gets where it asks for the package. */
const SERVER_DRIVERS = ['pg', 'mysql2'];

/**
 * Never bundled: native code, the drivers that knex could also load, and what oclif looks for during development. Of
 * these only better-sqlite3 is ever loaded.
 */
const EXTERNAL = [
  'better-sqlite3',
  'pg-native',
  'pg-query-stream',
  'mysql',
  'mariadb',
  'sqlite3',
  'oracledb',
  'tedious',
  'typescript',
  'ts-node',
  'tsx',
];

const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // loader.cjs runs the bundle in a way that has no import() of its own.
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  external: EXTERNAL,
  metafile: true,
  logLevel: 'warning',
};

rmSync(`${root}dist`, { recursive: true, force: true });
mkdirSync(`${root}dist`);
writeFileSync(
  `${root}dist/metafile.json`,
  JSON.stringify([
    await buildProgram(),
    ...(await Promise.all(SERVER_DRIVERS.map(buildDriver))),
    await buildPairWorker(),
  ]),
);
cpSync(`${root}bin/loader.cjs`, `${root}dist/loader.cjs`);
cpSync(`${root}src/schemas`, `${root}dist/schemas`, { recursive: true });
await writeManifest();
writeFileSync(`${root}dist/kms.toml.schema.json`, node('bin/run.js', 'config', 'schema', '--json'));
makeCodeCache();

async function buildProgram() {
  const { metafile } = await build({
    ...options,
    stdin: { contents: entry(), resolveDir: root, sourcefile: 'kms.js' },
    outfile: 'dist/kms.cjs',
    define: { 'import.meta.url': '__url' },
    banner: { js: `const __url=require('node:url').pathToFileURL(__filename).href;` },
    plugins: [withOwnDrivers, withoutOtherDialects, withoutEditor],
  });
  return metafile;
}

/** Each command is loaded when it is asked for. */
function entry() {
  const commands = readdirSync(`${root}src/commands`, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''));
  return [
    `export { main } from './src/main.ts';`,
    'export const COMMANDS = {',
    ...commands.map(
      (path) =>
        `get '${path.replaceAll('/', ':')}'() { return require('./src/commands/${path}.ts').default; },`,
    ),
    '};',
  ].join('\n');
}

async function buildDriver(name) {
  const { metafile } = await build({
    ...options,
    stdin: { contents: `module.exports = require('${name}');`, resolveDir: root },
    outfile: `dist/${name}.cjs`,
  });
  return metafile;
}

async function buildPairWorker() {
  const { metafile } = await build({
    ...options,
    entryPoints: ['src/run/pair-worker.ts'],
    outfile: 'dist/pair-worker.cjs',
  });
  return metafile;
}

async function writeManifest() {
  const plugin = new Plugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
  });
  await plugin.load();
  writeFileSync(`${root}oclif.manifest.json`, JSON.stringify(plugin.manifest));
}

function makeCodeCache() {
  node('bin/dev/code-cache.js');
  const rejected = node('--print', `require('./dist/loader.cjs').script.cachedDataRejected`);
  if (rejected !== 'false\n') throw new Error(`V8 rejects the code cache: ${rejected}`);
}

/** Runs Node without NODE_OPTIONS, which V8's code would depend on, and without the caller's other settings. */
function node(...words) {
  const { PATH, NODE_DISABLE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_DISABLE_COMPILE_CACHE, HOME: '/nonexistent' };
  return execFileSync(process.execPath, words, { cwd: root, env, encoding: 'utf8' });
}
