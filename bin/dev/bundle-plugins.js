// What esbuild bundles otherwise than the packages' own imports say.

/** Where knex asks for the driver of a server it gets the bundle of that driver, which lies beside the program. */
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

/** Leaves out a prompt that kms never shows, and the packages that it brings. */
export const withoutEditor = {
  name: 'without-editor',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^@inquirer\/editor$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: 'export default undefined;',
    }));
  },
};
