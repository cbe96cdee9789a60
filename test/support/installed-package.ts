// The package as npm packs it, and installed as a user installs it: for the machine, though in a folder.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './examples.js';
import { temporaryFolder } from './temporary.js';

export interface Packed {
  readonly path: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly files: readonly string[];
}

/** What an installation must know of the network, and where npm keeps what it has fetched before. */
const NETWORK =
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_.*|(https?|no)_proxy|npm_config_(registry|cache))$/i;

/** Says whether packages can be fetched here. */
export function hasRegistry(): boolean {
  const argv = ['ping', '--fetch-retries=0', '--fetch-timeout=10000'];
  return spawnSync('npm', argv, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/** Packs what was built: packing would build it anew, under the feet of other tests. */
export function packed(): Packed {
  const folder = temporaryFolder();
  const argv = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const printed = execFileSync('npm', argv, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
  const [pack] = JSON.parse(printed) as {
    filename: string;
    size: number;
    unpackedSize: number;
    files: { path: string }[];
  }[];
  if (pack === undefined) throw new Error(`npm pack: ${printed}`);
  return {
    path: join(folder, pack.filename),
    packedBytes: pack.size,
    unpackedBytes: pack.unpackedSize,
    files: pack.files.map(({ path }) => path),
  };
}

/**
 * Installs a package below a folder, in an environment that holds nothing of the caller's, and returns how many
 * packages came with it. SQLite's driver takes minutes to compile, so that of this repository is put in.
 */
export function install(path: string, prefix: string): number {
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
  const modules = join(prefix, 'lib/node_modules/kms-rotate/node_modules');
  const driver = join(modules, 'better-sqlite3');
  const ours = join(ROOT, 'node_modules/better-sqlite3');
  const compiled = 'build/Release/better_sqlite3.node';
  rmSync(driver, { recursive: true });
  for (const part of ['package.json', 'lib', compiled]) {
    cpSync(join(ours, part), join(driver, part), { recursive: true });
  }
  return packagesIn(modules);
}

/** Counts packages, those below other packages too. */
function packagesIn(modules: string): number {
  const manifests = readdirSync(modules, { recursive: true, encoding: 'utf8' });
  return manifests.filter((path) =>
    /^(.*\/node_modules\/)?(@[^/]+\/)?[^/@]+\/package\.json$/.test(path),
  ).length;
}
