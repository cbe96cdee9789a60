// Builds dist/: every command and the packages that it needs in a few files, since loading hundreds takes
// longer than the work; the JSON schemas, that of kms.toml too; and oclif.manifest.json, without which every
// start would load every command. Drivers stay outside, as they bring native code.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const commands = readdirSync(new URL('../src/commands', import.meta.url), { recursive: true })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/commands/${file.replaceAll('\\', '/')}`);

/** Drivers, ours and those that knex could also load, and what oclif looks for while developing. */
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

/**
 * Puts what `kms due list` needs into the file that every command loads: a file of its own for each set of
 * commands that share a module takes longer to find than to read.
 */
const LISTING = ['./due-list.js', './survey.js', './output/due-table.js', './output/listing.js'];
const listingInOneFile = {
  name: 'listing-in-one-file',
  setup: ({ onLoad }) => {
    onLoad({ filter: /src.base-command\.ts$/ }, ({ path }) => ({
      contents: [readFileSync(path, 'utf8'), ...LISTING.map((file) => `import '${file}';`)].join(
        '\n',
      ),
      loader: 'ts',
    }));
  },
};

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: [
    { in: 'bin/main.js', out: 'main' },
    { in: 'src/pair-worker.ts', out: 'pair-worker' },
    ...commands.map((file) => ({ in: file, out: file.replace(/^src\/(.*)\.ts$/, '$1') })),
  ],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  external: OUTSIDE,
  plugins: [withoutOtherDialects, listingInOneFile],
  logLevel: 'warning',
  // Packages in CommonJS ask for these.
  banner: {
    js: [
      `import { createRequire as __createRequire } from 'node:module';`,
      `import { fileURLToPath as __fileURLToPath } from 'node:url';`,
      `import { dirname as __dirnameOf } from 'node:path';`,
      `const require = __createRequire(import.meta.url);`,
      `const __filename = __fileURLToPath(import.meta.url);`,
      `const __dirname = __dirnameOf(__filename);`,
    ].join('\n'),
  },
});
cpSync(new URL('../src/schemas', import.meta.url), new URL('../dist/schemas', import.meta.url), {
  recursive: true,
});

const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
writeFileSync(new URL('../oclif.manifest.json', import.meta.url), JSON.stringify(plugin.manifest));

const run = fileURLToPath(new URL('run.js', import.meta.url));
const schema = execFileSync(process.execPath, [run, 'config', 'schema', '--json']);
writeFileSync(new URL('../dist/kms.toml.schema.json', import.meta.url), schema);
