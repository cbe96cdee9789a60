// `kms init`: makes a store, or adds what is ours to a server's. It asks nothing yet.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { KmsError } from '../errors.js';
import { initialise } from '../store/init.js';
import { BUSY_TIMEOUT_MS } from '../store/open.js';
import { shownUrl } from '../store/shown-url.js';

export default class Init extends BaseCommand {
  static override summary = 'make a key store, or prepare a server’s for rotation runs';

  static override description = `Adds the rotation log and two indexes, all named kms_rotation_…, and changes nothing else. Doing it again is harmless.`;

  static override examples = [
    '<%= config.bin %> init --yes',
    '<%= config.bin %> init --yes --database-url sqlite:/var/lib/kms/kms.db',
  ];

  static override flags = {
    yes: Flags.boolean({ default: false, char: 'y', description: 'do it without asking' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Init);
    const config = this.configuration(flags);
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
}
