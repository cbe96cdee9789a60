// `kms config check`: says whether the configuration can be used. It connects to nothing.
import { BaseCommand } from '../../cli/base-command.js';
import { printable } from '../../text/printable.js';
import { resolveSettings } from '../../settings/resolve-settings.js';

export default class ConfigCheck extends BaseCommand {
  static override summary = 'check the configuration';

  static override description = `Reads the configuration file, the environment variables and the database URL. Names a mistake by file, line and setting, and exits with 2. Connects to nothing.`;

  static override examples = ['<%= config.bin %> config check --config /etc/kms/kms.toml'];

  async run(): Promise<object> {
    const { flags } = await this.parse(ConfigCheck);
    const config = this.configuration({ ...flags, quiet: true });
    const { file } = resolveSettings(this.sources(flags));
    const { warnings } = config;
    await this.printer.print(flags, [
      file === null
        ? 'no configuration file was found; all other settings are valid'
        : `valid: ${file}`,
      ...warnings.map((warning) => `warning: ${printable(warning)}`),
    ]);
    return this.finish({ schema: 'kms.config-check/v1', file, warnings }, 0);
  }
}
