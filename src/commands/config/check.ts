// `kms config check`: says whether the configuration can be used. It connects to nothing.
import { BaseCommand } from '../../cli/base-command.js';
import { printable } from '../../text/printable.js';
import { resolveSettings } from '../../settings/resolve-settings.js';

export default class ConfigCheck extends BaseCommand {
  static override summary = 'say whether the configuration can be used';

  static override description = `Reads the file, the variables and the database URL, and names what is wrong by file, line and setting (exit code 2). Nothing is connected to.`;

  static override examples = ['<%= config.bin %> config check --config /etc/kms/kms.toml'];

  async run(): Promise<object> {
    const { flags } = await this.parse(ConfigCheck);
    const config = this.configuration({ ...flags, quiet: true });
    const { file } = resolveSettings(this.sources(flags));
    const { warnings } = config;
    await this.printer.print(flags, [
      file === null ? 'no configuration file was found; all else is sound' : `sound: ${file}`,
      ...warnings.map((warning) => `warning: ${printable(warning)}`),
    ]);
    return this.finish({ schema: 'kms.config-check/v1', file, warnings }, 0);
  }
}
