// `kms init`: makes a store, or adds what kms needs to a server's; with --remove takes that away. setup/ decides and
// acts.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { clock } from '../cli/clock.js';
import { durationFlag, type CommonFlags } from '../cli/flags.js';
import { initWriter } from '../cli/run-context.js';
import { examineStore } from '../cli/progress/examine-store.js';
import { LOOKING, PREPARING } from '../cli/printing.js';
import { USUAL_MIN_AGE_SECONDS } from '../doctor/doctor-context.js';
import { doctorNote, doctorSummary } from '../doctor/doctor-report.js';
import type { DoctorReport } from '../doctor/run-doctor.js';
import { KmsError } from '../errors.js';
import { NO_PROGRESS, type Progress } from '../output/progress.js';
import type { Questions } from '../output/questions.js';
import { FIRST_DEADLINE_RULES, type FirstDeadlineRule } from '../rotation/deadline.js';
import { resolveSettings } from '../settings/resolve-settings.js';
import {
  GRANT_GROUPS,
  GRANTEE_PLACEHOLDER,
  grantsFor,
  type GrantGroup,
} from '../store/prepare/grants.js';
import type { ConnectOptions } from '../store/connect/connection.js';
import { type Additions } from '../store/prepare/additions.js';
import { readAuditKeys } from '../settings/audit-key-files.js';
import type { Config } from '../settings/config.js';
import {
  doneLines,
  executePlan,
  initJson,
  nextLines,
  type InitOutcome,
} from '../setup/execute-plan.js';
import { CONNECT_OPTIONS } from '../setup/connect-options.js';
import { agreeOnPlan, initContextFrom } from '../setup/conversation.js';
import { grantLines } from '../setup/grant-lines.js';
import { configuresMail, planFromFlags, type InitPlan } from '../setup/init-plan.js';
import { foreseeNextRun, nothingToRun, type NextRun } from '../setup/next-run.js';
import { inspectStore } from '../setup/inspect-store.js';
import {
  describeLoss,
  removalJson,
  removalLines,
  removeFromStore,
} from '../setup/remove-from-store.js';
import { countedStore } from '../cli/progress/counted-store.js';
import { withLimitedMemory } from '../cli/limit-memory.js';
import { tellIndexes } from '../cli/progress/tell-indexes.js';
import { UNNOTICED_LOCK_SECONDS, writersLockedSeconds } from '../store/prepare/lock-estimate.js';
import { exactDuration, formatDuration } from '../text/duration.js';
import { storeLabel } from '../store/store-label.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';

/** A backup, or the transaction of a large wrapping key, may well take some minutes. */
const LOCK_TIMEOUT_SECONDS = 600;

export default class Init extends BaseCommand {
  static override summary = 'make a key store, or prepare that of a server for rotation runs';

  static override description = `Adds the rotation log, the outbox of notifications, the list of warnings sent, a random id of the store, and indexes, all named kms_rotation_…. Changes nothing else, and can be repeated. It ends with what the next run would do: how many keys are due, and how many of them a server would not rotate. On a terminal it asks for the database and some settings, says what it found and what it will do, and writes kms.toml. With --yes it asks nothing.

With --remove it removes all of that, including the rotation log. Keys stay as they are.`;

  static override examples = [
    '<%= config.bin %> init --yes',
    '<%= config.bin %> init --yes --database-url sqlite:/var/lib/kms/kms.db',
    '<%= config.bin %> init --yes --database-url sqlite:kms.db --copy before.db --save kms.toml',
    '<%= config.bin %> init --remove',
  ];

  static override flags = {
    'print-grants': Flags.boolean({
      default: false,
      description:
        'only print the GRANT statements that kms init and runs need; connect to nothing',
    }),
    grantee: Flags.string({
      description: 'database user that --print-grants names',
      dependsOn: ['print-grants'],
      helpValue: '<user>',
    }),
    for: Flags.option({ options: GRANT_GROUPS })({
      description:
        'print only the statements for one use: kms init, runs, what kms doctor needs besides those, kms prune, or commands that only read',
      dependsOn: ['print-grants'],
      helpValue: '<use>',
    }),
    remove: Flags.boolean({
      default: false,
      description:
        'remove all that kms init added, including the rotation log; keys stay as they are',
      exclusive: ['print-grants'],
    }),
    copy: Flags.string({
      description: 'copy an SQLite store to this new file before anything is changed',
      helpValue: '<file>',
      exclusive: ['print-grants', 'remove'],
    }),
    save: Flags.string({
      description: 'save the database, --first-deadline and --key-encryption-key in this kms.toml',
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
    'lock-timeout': durationFlag({
      description: 'how long to wait for a lock of another kms init, of a run or of a backup',
      default: LOCK_TIMEOUT_SECONDS,
      exclusive: ['print-grants'],
    }),
    'lock-writers': durationFlag({
      description:
        'with --yes, how long nobody else may be able to write while indexes of an SQLite store are made',
      exclusive: ['print-grants', 'remove'],
    }),
    yes: Flags.boolean({ default: false, char: 'y', description: 'do not ask' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Init);
    const config = this.configuration(flags);
    if (flags['print-grants']) {
      const groups = flags.for === undefined ? (['init', 'run'] as const) : [flags.for];
      return this.printGrants(config, flags, flags.grantee ?? GRANTEE_PLACEHOLDER, groups);
    }
    if (flags.remove) return this.remove(config, flags);
    const plan = flags.yes
      ? planFromFlags(config.databaseUrl, flags)
      : await this.agreeOnPlan(config, flags);
    await this.agreeToLock(plan.url, flags);
    const auditKeys = readAuditKeys(config);
    const writer = initWriter(this.session.origin);
    const result = await this.printer.whileBusy(PREPARING, (progress) =>
      executePlan(
        plan,
        { lockWait: this.lockWait(flags, progress), auditKeys },
        writer,
        tellIndexes(progress),
      ),
    );
    const label = storeLabel(config.storeName, result.initialised.identity);
    await this.printer.print(flags, doneLines(plan, result, label));
    const nextRun = await this.nextRun(config, flags, plan, result);
    const found = await this.doctor(config, plan, result);
    const note = found === null ? null : doctorNote(found);
    if (note !== null) await this.printer.print(flags, [note]);
    await this.printer.print(flags, nextLines(plan, result, nextRun));
    if (!flags.yes && configuresMail(plan)) await this.offerTest(plan);
    const doctor = found === null ? null : doctorSummary(found);
    return this.finish({ ...initJson(result, label, nextRun), doctor }, 0);
  }

  /** @throws KmsError StoreBusy, or if the user does not agree. */
  private async agreeToLock(
    url: string,
    flags: { readonly yes: boolean; readonly 'lock-writers': number | undefined },
  ): Promise<void> {
    const seconds = await writersLockedSeconds(url, CONNECT_OPTIONS);
    if (seconds <= (flags['lock-writers'] ?? UNNOTICED_LOCK_SECONDS)) return;
    const [name, time] = [redactedUrl(url), formatDuration(seconds)];
    const what = `${name}: making its indexes keeps everybody else from writing for about ${time}`;
    if (flags.yes) {
      throw new KmsError('StoreBusy', what, {
        hint: `stop the server meanwhile, and allow it: kms init --yes --lock-writers ${exactDuration(seconds)}`,
      });
    }
    const ask = await this.questions();
    if (await ask.agree(`${what}. Go on?`, false)) return;
    throw new KmsError('InvalidArgument', 'nothing was changed', {
      hint: 'run kms init again when the server is stopped',
    });
  }

  /** A rule that was just saved is in force, unless a variable says otherwise. */
  private async nextRun(
    { firstDeadline: configured, ends, hsm }: Config,
    flags: CommonFlags,
    { url, settings }: InitPlan,
    { initialised }: InitOutcome,
  ): Promise<NextRun> {
    const { kind } = resolveSettings(this.sources(flags)).source('rotation.first_deadline');
    const saved = settings.get('rotation.first_deadline') as FirstDeadlineRule | undefined;
    const firstDeadline = kind === 'variable' ? configured : (saved ?? configured);
    if (initialised.store === 'created') return nothingToRun(firstDeadline);
    const options = { now: clock.now(), withinSeconds: 0, firstDeadline, ends, hsm };
    return this.printer.whileBusy(LOOKING, (progress) =>
      withLimitedMemory(() =>
        foreseeNextRun(url, options, (store) => countedStore(store, progress)),
      ),
    );
  }

  /** Looks for what a server's crashes have left; null for a new store. Nothing is written. */
  private async doctor(
    config: Config,
    { url }: InitPlan,
    { initialised }: InitOutcome,
  ): Promise<DoctorReport | null> {
    if (initialised.store === 'created') return null;
    const options = { only: [], owner: undefined, minAgeSeconds: USUAL_MIN_AGE_SECONDS, keep: [] };
    return this.session.withDoctorContext(
      { ...config, databaseUrl: url },
      false,
      options,
      (context) => examineStore(this.printer, context),
    );
  }

  /** @throws KmsError if nobody can be asked, or the user does not agree. */
  private async agreeOnPlan(config: Config, flags: CommonFlags): Promise<InitPlan> {
    if (!this.printer.canAsk()) {
      const message = `kms init would change ${redactedUrl(config.databaseUrl)}`;
      throw new KmsError('InvalidArgument', message, { hint: 'add --yes to go on' });
    }
    const sources = this.sources(flags);
    const now = clock.now();
    const known = initContextFrom(config, resolveSettings(sources), { ...sources, now });
    const ask = await this.questions();
    return agreeOnPlan(ask, known, (url) => inspectStore(url, now, CONNECT_OPTIONS));
  }

  /** Tries a mail server that was just configured, rather than leave that to the first failure. */
  private async offerTest({ file }: InitPlan): Promise<void> {
    const ask = await this.questions();
    if (file === null || !(await ask.agree('Send a test message now?', true))) return;
    const { default: NotifyTest } = await import('./notify/test.js');
    await NotifyTest.run(['--config', file], this.config);
  }

  private lockWait(
    { 'lock-timeout': seconds }: { readonly 'lock-timeout': number },
    progress: Progress = NO_PROGRESS,
  ): Required<ConnectOptions>['lockWait'] {
    const notify = (sentence: string) => {
      progress.stop();
      this.printer.note('warn', sentence);
    };
    return { limitMs: seconds * 1000, notify };
  }

  private async questions(): Promise<Questions> {
    const { questions } = await import('../output/questions.js');
    const hint = 'run kms init to start again';
    return questions(() => new KmsError('InvalidArgument', 'nothing was changed', { hint }));
  }

  private async remove(
    config: Config,
    flags: CommonFlags & { readonly yes: boolean; readonly 'lock-timeout': number },
  ): Promise<object> {
    const agree = (found: Additions) =>
      flags.yes ? Promise.resolve() : this.confirmRemoval(found);
    const removed = await removeFromStore(config.databaseUrl, agree, this.lockWait(flags));
    await this.printer.print(flags, removalLines(removed));
    return this.finish(removalJson(removed), 0);
  }

  private async confirmRemoval(found: Additions): Promise<void> {
    const { lines, log } = describeLoss(found);
    await this.printer.confirm({
      lines,
      question: 'Remove it?',
      ifRefused: 'nothing was removed',
      ifNobodyCanBeAsked: {
        message: `kms init --remove would delete ${log} from ${found.url}`,
        hint: 'add --yes to go on; copy the table kms_rotation_log first if you need its history',
      },
    });
  }

  /** In the document, a group that was not asked for is empty. */
  private async printGrants(
    config: Config,
    flags: CommonFlags,
    grantee: string,
    groups: readonly GrantGroup[],
  ): Promise<object> {
    const all = grantsFor(config.databaseUrl, grantee);
    await this.printer.print(flags, grantLines(all, groups));
    const printed = Object.fromEntries(
      GRANT_GROUPS.map((group) => [group, groups.includes(group) ? all[group] : []]),
    );
    return this.finish({ schema: 'kms.grants/v1', grantee, dialect: all.dialect, ...printed }, 0);
  }
}
