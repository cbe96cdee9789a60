// `kms init`: makes a store, or adds what is ours to a server's; with --remove takes that away again.
import { Flags } from '@oclif/core';
import { BaseCommand, type CommonFlags } from '../base-command.js';
import type { Config } from '../config.js';
import { KmsError } from '../errors.js';
import { confirm } from '../output/confirm.js';
import { printable } from '../output/terminal.js';
import { GRANTEE_PLACEHOLDER, grantsFor } from '../store/grants.js';
import { initialise } from '../store/init.js';
import { BUSY_TIMEOUT_MS } from '../store/open.js';
import { findAdditions, removeAdditions, type Additions } from '../store/remove.js';
import { shownUrl } from '../store/shown-url.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: BUSY_TIMEOUT_MS } as const;

export default class Init extends BaseCommand {
  static override summary = 'make a key store, or prepare a server’s for rotation runs';

  static override description = `Adds the rotation log, the outbox of notifications, the list of warnings given and three indexes, all named kms_rotation_…, and changes nothing else. Doing it again is harmless.

With --remove it takes all of that away again, the rotation log too. Keys stay as they are.`;

  static override examples = [
    '<%= config.bin %> init --yes',
    '<%= config.bin %> init --yes --database-url sqlite:/var/lib/kms/kms.db',
    '<%= config.bin %> init --remove',
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
    remove: Flags.boolean({
      default: false,
      description: 'take away all that init has added, the rotation log too; keys stay as they are',
      exclusive: ['print-grants'],
    }),
    yes: Flags.boolean({ default: false, char: 'y', description: 'do it without asking' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Init);
    const config = this.configuration(flags);
    if (flags['print-grants']) {
      return this.printGrants(config, flags, flags.grantee ?? GRANTEE_PLACEHOLDER);
    }
    if (flags.remove) return this.remove(config, flags);
    if (!flags.yes) {
      throw new KmsError(
        'InvalidArgument',
        `kms init would change ${shownUrl(config.databaseUrl)}`,
        {
          hint: 'give --yes to go on',
        },
      );
    }
    const done = await initialise(config.databaseUrl, OPTIONS);
    this.print(flags, [
      done.store === 'created'
        ? `made a new key store: ${done.url}`
        : `found a key store: ${done.url}`,
      done.migrations.length > 0
        ? `added kms’s tables and indexes`
        : `kms’s tables and indexes were there already`,
      `next: kms due list`,
    ]);
    return this.finish({ schema: 'kms.init/v1', ...done }, 0);
  }

  private async remove(
    config: Config,
    flags: CommonFlags & { readonly yes: boolean },
  ): Promise<object> {
    const found = await findAdditions(config.databaseUrl, OPTIONS);
    if (found.names.length > 0 && !flags.yes) await this.confirmRemoval(found);
    const { url, names, logEntries } =
      found.names.length === 0 ? found : await removeAdditions(config.databaseUrl, OPTIONS);
    this.print(
      flags,
      names.length === 0
        ? [`there was nothing of kms’s to remove from ${url}`]
        : [
            `removed from ${url}: ${names.join(', ')}`,
            `the rotation log had ${entries(logEntries)}; no key was changed`,
            'before the next run: kms init',
          ],
    );
    return this.finish({ schema: 'kms.remove/v1', url, removed: names, logEntries }, 0);
  }

  /** @throws KmsError unless somebody at a terminal agrees. */
  private async confirmRemoval({ url, names, logEntries }: Additions): Promise<void> {
    const log = `the rotation log with ${entries(logEntries)}`;
    if (!process.stdin.isTTY || !this.err.isTerminal || this.jsonEnabled()) {
      throw new KmsError('InvalidArgument', `kms init --remove would take ${log} from ${url}`, {
        hint: 'give --yes to go on; copy the table kms_rotation_log first if its history matters',
      });
    }
    const lines = [printable(url), 'would lose, for good:', ...names, log];
    process.stderr.write(`${lines.join('\n  ')}\n`);
    if (await confirm('Remove it?')) return;
    throw new KmsError('InvalidArgument', 'nothing was removed');
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

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
