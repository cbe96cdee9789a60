// `kms config schema`: prints the JSON Schema of kms.toml, for editors.
import { BaseCommand } from '../../cli/base-command.js';
import { configSchema } from '../../settings/json-schema.js';

export default class ConfigSchema extends BaseCommand {
  static override summary = 'print the JSON Schema of kms.toml, for editors';

  static override description = `Editors with a TOML plugin (taplo, Even Better TOML) complete and check kms.toml if its first line is "#:schema" and the path of this schema.`;

  static override examples = ['<%= config.bin %> config schema > kms.schema.json'];

  async run(): Promise<object> {
    const { flags } = await this.parse(ConfigSchema);
    const schema = configSchema();
    await this.printer.print(flags, [JSON.stringify(schema, null, 2)]);
    return this.finish(schema, 0);
  }
}
