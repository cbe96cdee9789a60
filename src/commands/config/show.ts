// `kms config show`: prints the settings in force, and where each value comes from.
import { BaseCommand } from '../../cli/base-command.js';
import { configTable } from '../../settings/config-table.js';
import { resolveSettings } from '../../settings/resolve-settings.js';
import { configJson, shownSettings } from '../../settings/config-view.js';
import { SETTING_NAMES, variableOf } from '../../settings/settings.js';

export default class ConfigShow extends BaseCommand {
  static override summary = 'show the settings in force, and where each comes from';

  static override description = `A setting comes from its flag, else its environment variable, else kms.toml, else it has its default. Secrets are hidden.

Settings and their variables:
${SETTING_NAMES.map((name) => `${name}  ${variableOf(name)}`).join('\n')}`;

  static override examples = [
    '<%= config.bin %> config show',
    '<%= config.bin %> config show --json --config /etc/kms/kms.toml',
  ];

  async run(): Promise<object> {
    const { flags } = await this.parse(ConfigShow);
    const config = this.configuration(flags);
    const settings = resolveSettings(this.sources(flags));
    const shown = shownSettings(settings, config);
    await this.printer.print(flags, configTable(settings.file, shown, this.printer.out));
    return this.finish(configJson(settings, shown, config), 0);
  }
}
