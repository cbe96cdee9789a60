// `kms init`: makes a store, or adds what is ours to a server's; with --remove takes that away again.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import type { CommonFlags } from '../cli/flags.js';
import { clock } from '../cli/clock.js';
import type { Config } from '../settings/config.js';
import { readConfigFile, writeConfigFile } from '../settings/config-file.js';
import { KmsError } from '../errors.js';
import { converse, planLines, type InitPlan } from '../setup/conversation.js';
import { lookInto } from '../setup/inspect-store.js';
import { formatInstant } from '../kmip/date-time.js';
import { withSettings } from '../settings/edit-toml.js';
import { confirm } from '../output/confirm.js';
import { printable } from '../text/printable.js';
import { FIRST_DEADLINE_RULES } from '../rotation/deadline.js';
import { resolveSettings } from '../settings/resolve-settings.js';
import type { SettingName } from '../settings/settings.js';
import { sqlitePath } from '../store/connect/connect.js';
import { copySqlite, dumpCommand } from '../store/prepare/copy.js';
import { GRANTEE_PLACEHOLDER, grantsFor } from '../store/prepare/grants.js';
import { initialise } from '../store/prepare/init.js';
import { inspectDatabase } from '../store/prepare/inspect.js';
import { BUSY_TIMEOUT_MS } from '../store/open.js';
import { findAdditions, removeAdditions, type Additions } from '../store/prepare/remove.js';
import { shownUrl } from '../store/connect/shown-url.js';
import { splitPassword } from '../store/connect/url-password.js';
import NotifyTest from './notify/test.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: BUSY_TIMEOUT_MS } as const;

export default class Init extends BaseCommand {
  static override summary = 'make a key store, or prepare a server’s for rotation runs';

  static override description = `Adds the rotation log, the outbox of notifications, the list of warnings given and five indexes, all named kms_rotation_…, and changes nothing else. Doing it again is harmless. On a terminal it asks for the database and some settings, says what it found and what it would do, and writes kms.toml; with --yes it asks nothing.

With --remove it takes all of that away again, the rotation log too. Keys stay as they are.`;

  static override examples = [
    '<%= config.bin %> init --yes',
    '<%= config.bin %> init --yes --database-url sqlite:/var/lib/kms/kms.db',
    '<%= config.bin %> init --yes --database-url sqlite:kms.db --copy before.db --save kms.toml',
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
    copy: Flags.string({
      description: 'copy an SQLite store to this file before it is touched for the first time',
      helpValue: '<file>',
      exclusive: ['print-grants', 'remove'],
    }),
    save: Flags.string({
      description: 'write database, --first-deadline and --key-encryption-key to this kms.toml',
      helpValue: '<file>',
      exclusive: ['print-grants', 'remove'],
    }),
    'first-deadline': Flags.string({
      description: 'the setting rotation.first_deadline, for --save',
      options: [...FIRST_DEADLINE_RULES],
      dependsOn: ['save'],
      helpValue: '<rule>',
    }),
    'key-encryption-key': Flags.string({
      description: 'the setting rotation.key_encryption_key, for --save',
      dependsOn: ['save'],
      helpValue: '<uid>',
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
    const plan = flags.yes ? planOfFlags(config, flags) : await this.ask(config, flags);
    const done = await this.carryOut(plan, flags);
    if (!flags.yes) await this.offerTest(plan);
    return this.finish({ schema: 'kms.init/v1', ...done }, 0);
  }

  /** The conversation. @throws KmsError where nobody can be asked, or nothing is agreed to. */
  private async ask(config: Config, flags: CommonFlags): Promise<Asked> {
    if (!process.stdin.isTTY || !this.printer.err.isTerminal || this.jsonEnabled()) {
      throw new KmsError(
        'InvalidArgument',
        `kms init would change ${shownUrl(config.databaseUrl)}`,
        { hint: 'give --yes to go on' },
      );
    }
    const settings = resolveSettings(this.sources(flags));
    const { questions } = await import('../output/questions.js');
    const ask = await questions(cancelled);
    const known = {
      url: config.databaseUrl,
      isNamed: !config.databaseIsDefault,
      isNamedByVariable: settings.source('database.url').kind === 'variable',
      firstDeadline: config.firstDeadline,
      kek: config.serverKek.uid,
      configFile: settings.file,
      env: process.env,
      cwd: process.cwd(),
      stamp: formatInstant(clock.now()).replaceAll(':', ''),
    };
    const plan = await converse(ask, known, (url) => lookInto(url, clock.now(), OPTIONS));
    ask.say(['This will', ...planLines(plan).map((line) => `  ${line}`)]);
    if (await ask.agree('Do it?', true)) return plan;
    throw new KmsError('InvalidArgument', 'nothing was changed');
  }

  /** In this order, so that what fails leaves the store as it was, or is finished by doing it again. */
  private async carryOut(plan: Asked, flags: CommonFlags): Promise<object> {
    const { url, file, settings } = plan;
    const text = file === null ? null : withSettings(readConfigFile(file), settings);
    const copy = plan.copy === null ? null : await copyBefore(url, plan.copy);
    const done = await initialise(url, OPTIONS);
    const isWritten = file !== null && text !== null && writeConfigFile(file, text);
    await this.printer.print(flags, [
      ...(copy === null ? [] : [`copied the store to ${copy}`]),
      done.store === 'created'
        ? `made a new key store: ${done.url}`
        : `found a key store: ${done.url}`,
      done.migrations.length > 0
        ? `added kms’s tables and indexes`
        : `kms’s tables and indexes were there already`,
      ...(file === null ? [] : [isWritten ? `wrote ${file}` : `${file} was so already`]),
      ...nextCommands(plan, done.store).map(
        (line, index) => `${index === 0 ? 'next:' : '     '} ${line}`,
      ),
    ]);
    return { ...done, copy, configFile: file };
  }

  /** A mail server that was just named is tried now, lest it be found wrong by the first failure. */
  private async offerTest({ file, settings }: Asked): Promise<void> {
    if (file === null || !settings.has('notify.smtp.host')) return;
    const { questions } = await import('../output/questions.js');
    const ask = await questions(cancelled);
    if (await ask.agree('Send a test message now?', true)) {
      await NotifyTest.run(['--config', file], this.config);
    }
  }

  private async remove(
    config: Config,
    flags: CommonFlags & { readonly yes: boolean },
  ): Promise<object> {
    const found = await findAdditions(config.databaseUrl, OPTIONS);
    if (found.names.length > 0 && !flags.yes) await this.confirmRemoval(found);
    const { url, names, logEntries } =
      found.names.length === 0 ? found : await removeAdditions(config.databaseUrl, OPTIONS);
    await this.printer.print(
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
    if (!process.stdin.isTTY || !this.printer.err.isTerminal || this.jsonEnabled()) {
      throw new KmsError('InvalidArgument', `kms init --remove would take ${log} from ${url}`, {
        hint: 'give --yes to go on; copy the table kms_rotation_log first if its history matters',
      });
    }
    const lines = [printable(url), 'would lose, for good:', ...names, log];
    process.stderr.write(`${lines.join('\n  ')}\n`);
    if (await confirm('Remove it?')) return;
    throw new KmsError('InvalidArgument', 'nothing was removed');
  }

  private async printGrants(config: Config, flags: CommonFlags, grantee: string): Promise<object> {
    const grants = grantsFor(config.databaseUrl, grantee);
    await this.printer.print(
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

interface InitFlags {
  readonly copy?: string | undefined;
  readonly save?: string | undefined;
  readonly 'first-deadline'?: string | undefined;
  readonly 'key-encryption-key'?: string | undefined;
}

type Asked = Pick<InitPlan, 'url' | 'copy' | 'file' | 'settings' | 'scheduler'>;

function planOfFlags({ databaseUrl }: Config, flags: InitFlags): Asked {
  const { url, password } = splitPassword(databaseUrl);
  const settings = new Map<SettingName, unknown>([['database.url', url]]);
  if (password !== '') settings.set('database.password', password);
  const { 'first-deadline': rule, 'key-encryption-key': kek } = flags;
  if (rule !== undefined) settings.set('rotation.first_deadline', rule);
  if (kek !== undefined) settings.set('rotation.key_encryption_key', kek);
  const { copy = null, save: file = null } = flags;
  return { url: databaseUrl, copy, file, settings, scheduler: null };
}

/** Returns the file, or null if there is nothing yet that could be harmed. */
async function copyBefore(url: string, copy: string): Promise<string | null> {
  if ((await inspectDatabase(url, OPTIONS)) !== 'store') return null;
  if (sqlitePath(url) === null) {
    throw new KmsError('InvalidArgument', 'only an SQLite store can be copied by kms', {
      hint: `make the copy by ${dumpCommand(url, copy)}`,
    });
  }
  await copySqlite(url, copy, OPTIONS);
  return copy;
}

function cancelled(): KmsError {
  return new KmsError('InvalidArgument', 'nothing was changed', { hint: 'kms init begins anew' });
}

/** A new store has no key yet that a list could show. */
function nextCommands({ file, scheduler }: Asked, store: 'created' | 'adopted'): readonly string[] {
  const config = file === null ? '' : ` --config ${file}`;
  return [
    ...(store === 'created' ? [`kms key create NAME --interval 90d${config}`] : []),
    `kms due list${config}`,
    ...(scheduler === null ? [] : [`kms schedule ${scheduler}${config}`]),
  ];
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
