// Builds dist/: all commands and the packages that they need in one file, since loading hundreds takes longer than
// the work, and what V8 makes of it; the JSON schemas, that of kms.toml too; and oclif.manifest.json, without which
// every start would load every command. Drivers stay outside, as they bring native code.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const commands = readdirSync(new URL('../../src/commands', import.meta.url), { recursive: true })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, '').replaceAll(/[\\/]/g, ':'));

/** Drivers, ours and those that knex could also load; what oclif looks for while developing; a prompt of no use here. */
const OUTSIDE = [
  'better-sqlite3',
  'pg',
  'mysql2',
  'mysql',
  'mariadb',
  'sqlite3',
  'oracledb',
  'tedious',
  'pg-native',
  'pg-query-stream',
  'typescript',
  'ts-node',
  'tsx',
  '@inquirer/editor',
];

/** Leaves out what knex could speak and kms does not: it would be compiled at every start. */
const OTHER_DIALECTS = /^\.\/(cockroachdb|mssql|oracle|oracledb|redshift|pgnative)$/;
const withoutOtherDialects = {
  name: 'without-other-dialects',
  setup: ({ onResolve }) => {
    onResolve({ filter: OTHER_DIALECTS }, ({ importer, path }) =>
      /knex.lib.dialects.index\.js$/.test(importer) ? { path, external: true } : undefined,
    );
  },
};

/** Each command is loaded when it is asked for. */
const entry = [
  `export { main } from './src/main.ts';`,
  'export const COMMANDS = {',
  ...commands.map(
    (id) =>
      `get '${id}'() { return require('./src/commands/${id.replaceAll(':', '/')}.ts').default; },`,
  ),
  '};',
].join('\n');

const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // Node's own import() is not to be had in what loader.cjs loads.
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  external: OUTSIDE,
  plugins: [withoutOtherDialects],
  logLevel: 'warning',
};

rmSync(new URL('../../dist', import.meta.url), { recursive: true, force: true });
await build({
  ...options,
  stdin: { contents: entry, resolveDir: root, sourcefile: 'kms.js' },
  outfile: 'dist/kms.cjs',
  define: { 'import.meta.url': '__url' },
  banner: {
    js: `(function(exports,require,module,__filename,__dirname){const __url=require('node:url').pathToFileURL(__filename).href;`,
  },
  footer: { js: '})' },
});
await build({
  ...options,
  entryPoints: ['src/run/pair-worker.ts'],
  outfile: 'dist/pair-worker.cjs',
});
cpSync(
  new URL('../loader.cjs', import.meta.url),
  new URL('../../dist/loader.cjs', import.meta.url),
);
cpSync(
  new URL('../../src/schemas', import.meta.url),
  new URL('../../dist/schemas', import.meta.url),
  {
    recursive: true,
  },
);

const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
writeFileSync(
  new URL('../../oclif.manifest.json', import.meta.url),
  JSON.stringify(plugin.manifest),
);

const schema = node('bin/run.js', 'config', 'schema', '--json');
writeFileSync(new URL('../../dist/kms.toml.schema.json', import.meta.url), schema);

node('bin/dev/code-cache.js');
const rejected = node('--print', `require('./dist/loader.cjs').script.cachedDataRejected`);
if (rejected !== 'false\n') throw new Error(`dist/kms.cache rejected: ${rejected}`);

/** Without NODE_OPTIONS, which V8's code would be bound to, or anything else that is set here. */
function node(...words) {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  return execFileSync(process.execPath, words, { cwd: root, env, encoding: 'utf8' });
}
