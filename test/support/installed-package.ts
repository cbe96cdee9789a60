// The package as npm packs it, and installed as a user installs it: for the machine, though in a folder.
import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './examples.js';
import { temporaryFolder } from './temporary.js';

export interface Packed {
  readonly path: string;
  readonly files: readonly string[];
}

/** What an installation must know of the network, and where npm keeps what it has fetched before. */
const NETWORK =
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_.*|(https?|no)_proxy|npm_config_(registry|cache))$/i;

/** Packs what was built: packing would build it anew, under the feet of other tests. */
export function packed(): Packed {
  const folder = temporaryFolder();
  const argv = ['pack', './dist/package', '--json', '--pack-destination', folder];
  const printed = execFileSync('npm', argv, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
  const [pack] = JSON.parse(printed) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (pack === undefined) throw new Error(`npm pack: ${printed}`);
  return {
    path: join(folder, pack.filename),
    files: pack.files.map(({ path }) => path),
  };
}

export interface Installed {
  /** Their names; the package itself is one of them. */
  readonly packages: readonly string[];
  /** Before SQLite's driver is compiled. */
  readonly bytes: number;
}

/**
 * Installs a package below a folder, in an environment that holds nothing of the caller's. SQLite's driver takes
 * minutes to compile, so that of this repository is put in.
 */
export function install(path: string, prefix: string): Installed {
  const network = Object.entries(process.env).filter(([name]) => NETWORK.test(name));
  const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
  const argv = ['install', '--global', '--prefix', prefix, '--omit=dev', '--ignore-scripts'];
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--cache', cache];
  execFileSync('npm', [...argv, ...quick, path], {
    cwd: prefix,
    env: {
      ...Object.fromEntries(network),
      HOME: temporaryFolder(),
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    },
    stdio: 'pipe',
  });
  const modules = join(prefix, 'lib/node_modules');
  const counted = { packages: packagesIn(modules), bytes: bytesIn(modules) };
  const driver = join(modules, 'kms-rotate/node_modules/better-sqlite3');
  const ours = join(ROOT, 'node_modules/better-sqlite3');
  rmSync(driver, { recursive: true });
  for (const part of ['package.json', 'lib', 'build/Release/better_sqlite3.node']) {
    cpSync(join(ours, part), join(driver, part), { recursive: true });
  }
  return counted;
}

/** Names packages, those below other packages too. */
function packagesIn(modules: string): readonly string[] {
  const paths = readdirSync(modules, { recursive: true, encoding: 'utf8' });
  return paths
    .map((path) => /^(?:.*\/node_modules\/)?((?:@[^/]+\/)?[^/@]+)\/package\.json$/.exec(path)?.[1])
    .filter((name) => name !== undefined);
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => lstatSync(join(folder, path)).size)
    .reduce((sum, bytes) => sum + bytes, 0);
}
