// Plugins for esbuild: where a bundle differs from what the packages import.

/** Gives knex the bundle of a server's driver, a file beside the program, where it asks for the package. */
export const withOwnDrivers = {
  name: 'with-own-drivers',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^(pg|mysql2)$/ }, ({ path }) => ({
      path: `./${path}.cjs`,
      external: true,
    }));
  },
};

/** Leaves out the dialects that kms does not speak, which would be compiled at every start. */
export const withoutOtherDialects = {
  name: 'without-other-dialects',
  setup: ({ onResolve }) => {
    const others = /^\.\/(cockroachdb|mssql|oracle|oracledb|redshift|pgnative)$/;
    onResolve({ filter: others }, ({ importer, path }) =>
      /knex.lib.dialects.index\.js$/.test(importer) ? { path, external: true } : undefined,
    );
  },
};

/** Leaves out a prompt that kms never shows, with the packages that it needs. */
export const withoutEditor = {
  name: 'without-editor',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^@inquirer\/editor$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: 'export default undefined;',
    }));
  },
};
