// `kms config check`: says whether the configuration can be used, and with --connect whether what it names can be reached.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { checkConnections } from '../../cli/check-connections.js';
import { openKmsServer } from '../../cli/open-kms-server.js';
import { errorThrownBy, KmsError, mostSerious, resultOrError } from '../../errors.js';
import { readAuditKeys } from '../../settings/audit-key-files.js';
import { printable } from '../../text/printable.js';
import { resolveSettings } from '../../settings/resolve-settings.js';
import {
  checkConfig,
  configCheckJson,
  configCheckLines,
  connectionLines,
} from '../../views/config-check.js';

export default class ConfigCheck extends BaseCommand {
  static override summary = 'check the configuration';

  static override description = `Reads the configuration file, the environment variables, the database URL and all files that settings name, and looks up hooks. Runs nothing, and connects to nothing unless --connect is given. Exits with 2 where a run would end with 2, or with 6 because a destination or a hook cannot be used. Names each mistake by file, line and setting.`;

  static override examples = [
    '<%= config.bin %> config check --config /etc/kms/kms.toml',
    '<%= config.bin %> config check --connect',
  ];

  static override flags = {
    connect: Flags.boolean({
      description:
        'also open the store, ask the server for its version and a key, and connect to each mail server, webhook and collector',
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(ConfigCheck);
    const config = this.configuration({ ...flags, quiet: true });
    const { file } = resolveSettings(this.sources(flags));
    const { destinations, problems: unusable } = await this.session.notifier(config);
    const badServer = await errorThrownBy(async () => {
      await openKmsServer(config)?.close();
    });
    const keys = resultOrError(() => readAuditKeys(config));
    const errors = [badServer, keys instanceof KmsError ? keys : null];
    const problems = [
      ...unusable,
      ...errors.filter((error) => error !== null).map((error) => ({ error })),
    ];
    const sound = checkConfig(file, config, problems, process.env);
    const { session, printer } = this;
    const connected =
      flags.connect && badServer === null
        ? await checkConnections(config, destinations, { session, printer })
        : null;
    const checked = { ...sound, warnings: [...sound.warnings, ...(connected?.warnings ?? [])] };
    const connections = connected?.connections ?? [];
    for (const problem of checked.problems) this.printer.printError(problem);
    const isSound = checked.problems.length === 0;
    const lines = [...(isSound ? configCheckLines(checked) : []), ...connectionLines(connections)];
    if (lines.length > 0) await this.printer.print(flags, lines.map(printable));
    const exitCodes = connections.map(({ exitCode }) => exitCode);
    return this.finish(
      configCheckJson(checked, connected?.connections ?? null),
      mostSerious([isSound ? 0 : 2, ...exitCodes]),
    );
  }
}
