// `kms config check`: says whether the configuration can be used. It connects to nothing.
import { BaseCommand } from '../../cli/base-command.js';
import { printable } from '../../text/printable.js';
import { resolveSettings } from '../../settings/resolve-settings.js';
import { checkConfig, configCheckJson, configCheckLines } from '../../views/config-check.js';

export default class ConfigCheck extends BaseCommand {
  static override summary = 'check the configuration';

  static override description = `Reads the configuration file, the environment variables, the database URL and all files that settings name, and looks up hooks. Connects to nothing and runs nothing. Exits with 2 where a run would end with 2, or with 6 because a destination or a hook cannot be used. Names each mistake by file, line and setting.`;

  static override examples = ['<%= config.bin %> config check --config /etc/kms/kms.toml'];

  async run(): Promise<object> {
    const { flags } = await this.parse(ConfigCheck);
    const config = this.configuration({ ...flags, quiet: true });
    const { file } = resolveSettings(this.sources(flags));
    const { problems: destinations } = await this.session.notifier(config);
    const checked = checkConfig(file, config, destinations, process.env);
    const { problems } = checked;
    for (const problem of problems) this.printer.printError(problem);
    if (problems.length === 0) {
      await this.printer.print(flags, configCheckLines(checked).map(printable));
    }
    return this.finish(configCheckJson(checked), problems.length === 0 ? 0 : 2);
  }
}
