// `kms version`, or `kms --version`: prints the versions of kms, of the drivers, and of the tables in the store.
import { BaseCommand } from '../cli/base-command.js';
import { KmsError } from '../errors.js';
import { errorJson, type ErrorJson } from '../report/error-json.js';
import type { Config } from '../settings/config.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import { BUSY_TIMEOUT_MS } from '../store/open.js';
import { driverVersions } from '../store/connect/driver-versions.js';
import { appliedMigrations } from '../store/own/migrations/migrate.js';

export default class Version extends BaseCommand {
  static override summary = 'show the version';

  static override description = `Shows the versions of kms, of Node and of the database drivers, and, if the key store can be reached, of the tables that kms added to it.`;

  static override examples = ['<%= config.bin %> --version', '<%= config.bin %> version --json'];

  async run(): Promise<object> {
    const { flags } = await this.parse(Version);
    const config = this.configuration(flags);
    const { version } = this.config;
    const node = process.version;
    const drivers = driverVersions();
    const store = await this.tables(config);
    const named = Object.entries(drivers).map(([name, of]) => `${name} ${of}`);
    await this.printer.print(flags, [
      `kms ${version}`,
      `Node ${node}, ${named.join(', ')}`,
      `${store.url}: ${store.error?.message ?? tablesLine(store.migrations)}`,
    ]);
    return this.finish({ schema: 'kms.version/v1', version, node, drivers, store }, 0);
  }

  /** A store that cannot be opened is reported as part of the answer. */
  private async tables({ databaseUrl }: Config): Promise<StoreVersion> {
    const url = redactedUrl(databaseUrl);
    try {
      const options = { mode: 'read', busyTimeoutMs: BUSY_TIMEOUT_MS } as const;
      return { url, migrations: await appliedMigrations(databaseUrl, options), error: null };
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      return { url, migrations: [], error: errorJson(error) };
    }
  }
}

interface StoreVersion {
  readonly url: string;
  /** Names of the migrations that were done there, in order. */
  readonly migrations: readonly string[];
  readonly error: ErrorJson | null;
}

function tablesLine(migrations: readonly string[]): string {
  const latest = migrations.at(-1);
  return latest === undefined ? 'without tables of kms (kms init adds them)' : `tables ${latest}`;
}
