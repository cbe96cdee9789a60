// `kms init`: makes a store, or adds what is ours to a server's. It asks nothing yet.
import { Flags } from '@oclif/core';
import { BaseCommand, type CommonFlags } from '../base-command.js';
import type { Config } from '../config.js';
import { KmsError } from '../errors.js';
import { GRANTEE_PLACEHOLDER, grantsFor } from '../store/grants.js';
import { initialise } from '../store/init.js';
import { BUSY_TIMEOUT_MS } from '../store/open.js';
import { shownUrl } from '../store/shown-url.js';

export default class Init extends BaseCommand {
  static override summary = 'make a key store, or prepare a server’s for rotation runs';

  static override description = `Adds the rotation log and three indexes, all named kms_rotation_…, and changes nothing else. Doing it again is harmless.`;

  static override examples = [
    '<%= config.bin %> init --yes',
    '<%= config.bin %> init --yes --database-url sqlite:/var/lib/kms/kms.db',
  ];

  static override flags = {
    'print-grants': Flags.boolean({
      default: false,
      description: 'only print the GRANT statements that init and runs need; connects to nothing',
    }),
    grantee: Flags.string({
      description: 'the user for whom --print-grants prints them',
      dependsOn: ['print-grants'],
      helpValue: '<user>',
    }),
    yes: Flags.boolean({ default: false, char: 'y', description: 'do it without asking' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Init);
    const config = this.configuration(flags);
    if (flags['print-grants']) {
      return this.printGrants(config, flags, flags.grantee ?? GRANTEE_PLACEHOLDER);
    }
    if (!flags.yes) {
      throw new KmsError(
        'InvalidArgument',
        `kms init would change ${shownUrl(config.databaseUrl)}`,
        {
          hint: 'give --yes to go on',
        },
      );
    }
    const done = await initialise(config.databaseUrl, {
      mode: 'write',
      busyTimeoutMs: BUSY_TIMEOUT_MS,
    });
    this.print(flags, [
      done.store === 'created'
        ? `made a new key store: ${done.url}`
        : `found a key store: ${done.url}`,
      done.migrations.length > 0
        ? `added the rotation log and the indexes`
        : `the rotation log and the indexes were there already`,
      `next: kms due list`,
    ]);
    return this.finish({ schema: 'kms.init/v1', ...done }, 0);
  }

  private printGrants(config: Config, flags: CommonFlags, grantee: string): object {
    const grants = grantsFor(config.databaseUrl, grantee);
    this.print(
      flags,
      grants.dialect === 'sqlite'
        ? ['-- SQLite has no users: whoever may write the file and its folder may do everything']
        : [
            '-- for kms init, on a store that a server has made',
            ...grants.init,
            '-- for runs, once kms init has been done',
            ...grants.run,
          ],
    );
    return this.finish({ schema: 'kms.grants/v1', grantee, ...grants }, 0);
  }
}
