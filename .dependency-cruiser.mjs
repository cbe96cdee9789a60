// The rules on imports, checked by `npm run lint`: the ladder of src/, from what users call down to what knows nobody,
// and which folders may use which packages.

/** Each step may import what stands below it, and nothing beside it. */
const LADDER = [
  ['main.ts', 'commands'],
  ['cli'],
  ['setup'],
  ['policies', 'doctor'],
  ['run.ts'],
  ['run', 'views'],
  ['notify', 'telemetry', 'survey'],
  ['report', 'schedule'],
  ['settings', 'creation'],
  ['store'],
  ['flows', 'conditions', 'output'],
  ['files'],
  ['rotation', 'crypto'],
  ['kmip', 'text'],
  ['errors.ts'],
];

const PURE = '^src/(kmip|crypto|rotation|conditions|flows|text)/';

/** The one file of crypto/ that reads more than keys: names of hosts in certificates. */
const HOST_NAMES = '^src/crypto/certificates/host-name[.]ts$';

const pathOf = (name) => `^src/${name.replace('.', '[.]')}${name.endsWith('.ts') ? '$' : '/'}`;

/** One rule a step, named after what stands on it. */
const ladder = LADDER.flatMap((step, index) =>
  step.map((name) => {
    const below = LADDER.slice(index + 1).flat();
    return {
      name: `ladder-${name}`,
      comment: `${name} may import itself and ${below.length > 0 ? below.join(', ') : 'nothing else'}`,
      severity: 'error',
      from: { path: pathOf(name) },
      to: { path: '^src/', pathNot: [name, ...below].map(pathOf) },
    };
  }),
);

/** Files that the ladder does not name would escape it. */
const everythingOnTheLadder = {
  name: 'everything-on-the-ladder',
  comment: 'a new folder of src/ takes a place on the ladder above',
  severity: 'error',
  from: { path: '^src/', pathNot: LADDER.flat().map(pathOf) },
  to: {},
};

/** Which package may be used where. */
const only = (name, packages, folders) => ({
  name,
  severity: 'error',
  from: { path: '^src/', pathNot: folders },
  to: { path: `node_modules/(${packages})/` },
});

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'everything-resolves',
      comment: 'an import that does not resolve is one that no other rule sees',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^([.][.]/)+dist/loader[.]cjs$' },
    },
    ...ladder,
    everythingOnTheLadder,
    {
      name: 'core-does-no-io',
      comment: 'node:crypto in crypto/ is the only module of Node that the core may use',
      severity: 'error',
      from: { path: PURE, pathNot: '^src/crypto/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'crypto-uses-crypto-alone',
      severity: 'error',
      from: { path: '^src/crypto/', pathNot: HOST_NAMES },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'host-names-are-only-read',
      comment: 'it reads addresses and domains by the parsers of Node.js; it connects to nothing',
      severity: 'error',
      from: { path: HOST_NAMES },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(net|url)$' },
    },
    {
      name: 'core-computes-alone',
      comment: 'packages that compute and encode; none that talks to anybody',
      severity: 'error',
      from: { path: PURE },
      to: { path: 'node_modules/', pathNot: 'node_modules/(@noble|@peculiar|lossless-json)/' },
    },
    only('database-only-in-store', 'knex|better-sqlite3|pg|mysql2', '^src/store/'),
    only('terminal-only-in-output', 'chalk|cli-table3|ora', '^src/output/'),
    only('oclif-only-in-cli', '@oclif', '^src/(commands/|cli/|main[.]ts$)'),
    only('telemetry-only-in-telemetry', '@opentelemetry', '^src/telemetry/'),
    only(
      'one-toml-parser',
      'toml-eslint-parser|smol-toml',
      '^src/settings/toml/toml-document[.]ts$',
    ),
    only('yaml-only-in-schedule', 'yaml', '^src/schedule/yaml-document[.]ts$'),
    {
      name: 'no-catch-all-folders',
      severity: 'error',
      from: {},
      to: {
        pathNot: 'node_modules',
        path: '/(utils|util|helpers|helper|types|common|index)(/|[.]ts$)',
      },
    },
    {
      name: 'product-does-not-need-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-production-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
