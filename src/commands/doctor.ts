// `kms doctor`: finds what crashes and other tools left in a store, and repairs what is safe to repair.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { examineStore } from '../cli/progress/examine-store.js';
import { durationFlag, textFlag, type CommonFlags, textArg } from '../cli/flags.js';
import { LOOKING } from '../cli/printing.js';
import { doctorJson, doctorLines } from '../doctor/doctor-report.js';
import { USUAL_MIN_AGE_SECONDS, type DoctorOptions } from '../doctor/doctor-context.js';
import { FINDING_CODES, repairKey, type FindingCode } from '../doctor/finding.js';
import { evidenceOf } from '../doctor/evidence.js';
import { evidenceLines } from '../doctor/evidence-lines.js';
import { exitCodeOfDoctor, type DoctorReport } from '../doctor/run-doctor.js';
import { KmsError } from '../errors.js';

/** Below this age only a server that is stopped cannot be at work on it. */
const LEAST_BESIDE_A_SERVER = 600;

export default class Doctor extends BaseCommand {
  static override summary = 'find and repair what crashes and other tools left behind';

  static override description = `Looks for rotations that were never finished, keysets with several heads, objects under retired wrapping keys and other damage. Says of each what --fix would do, and why that is safe. Nothing is written without --fix; what cannot be proved is only told, and --keep decides it: name the uid that is to stay.

Exit code 0 says that no error was found, or that none is left; 4 that there are errors. Notes do not count.`;

  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor invoices',
    '<%= config.bin %> doctor --fix --yes',
    '<%= config.bin %> doctor --fix --keep invoices@2',
    '<%= config.bin %> doctor --only unfinished-rotation --owner ops@example.org --json',
  ];

  static override args = {
    uid: textArg({
      description:
        'show the evidence about one object instead: who names it, what it wraps, tags, grants and log',
    }),
  };

  static override flags = {
    fix: Flags.boolean({ description: 'repair what is safe to repair', default: false }),
    yes: Flags.boolean({
      char: 'y',
      description: 'do not ask before repairing',
      dependsOn: ['fix'],
      default: false,
    }),
    only: Flags.custom<FindingCode>({ options: [...FINDING_CODES] })({
      description: 'only findings with this code; may be repeated',
      multiple: true,
      helpValue: '<code>',
    }),
    owner: textFlag({ description: 'only objects of this owner' }),
    keep: textFlag({
      description: 'of a rotation that was never finished, keep this one; may be repeated',
      multiple: true,
      exclusive: ['owner'],
      helpValue: '<uid>',
    }),
    'min-age': durationFlag({
      description: 'how old an unfinished rotation must be: a younger one may be in progress',
      default: USUAL_MIN_AGE_SECONDS,
    }),
    'lock-writers': durationFlag({
      description:
        'with --yes, how long nobody else may be able to write while indexes of an SQLite store are made',
      dependsOn: ['yes'],
    }),
    'server-stopped': Flags.boolean({
      description: 'no server uses the store now: allow a --min-age below 10m',
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Doctor);
    if (args.uid !== undefined) return this.showEvidence(args.uid, flags);
    if (flags['min-age'] < LEAST_BESIDE_A_SERVER && !flags['server-stopped']) throw tooYoung();
    const config = this.configuration(flags);
    const options = {
      only: flags.only ?? [],
      owner: flags.owner,
      minAgeSeconds: flags['min-age'],
      keep: flags.keep ?? [],
      lockWritersSeconds: flags['lock-writers'],
    };
    const examine = (fix: boolean, confirmed: Pick<DoctorOptions, 'confirmed'> = {}) =>
      this.session.withDoctorContext(config, fix, { ...options, ...confirmed }, (context) =>
        examineStore(this.printer, context),
      );
    const report =
      flags.fix && !flags.yes
        ? await examine(true, { confirmed: await this.confirmRepairs(await examine(false)) })
        : await examine(flags.fix);
    await this.printer.page(flags, doctorLines(report, this.printer.out));
    if (report.error !== null) this.printer.printError(report.error);
    return this.finish(doctorJson(report), exitCodeOfDoctor(report));
  }

  /** Returns the names of the repairs that were confirmed. */
  private async showEvidence(
    text: string,
    flags: CommonFlags & { readonly fix: boolean },
  ): Promise<object> {
    if (flags.fix) throw fixesNoUid();
    return this.session.withStore(this.configuration(flags), 'read', async (store) => {
      const evidence = await this.printer.whileBusy(LOOKING, () => evidenceOf(store, text));
      await this.printer.page(flags, evidenceLines(evidence, this.printer.out));
      return this.finish({ schema: 'kms.doctor-evidence/v1', ...evidence }, 0);
    });
  }

  private async confirmRepairs(report: DoctorReport): Promise<ReadonlySet<string>> {
    const repairs = report.results.filter(({ outcome }) => outcome === 'would-repair');
    if (repairs.length === 0) return new Set();
    await this.printer.confirm({
      lines: [...doctorLines(report, this.printer.err)],
      question: `Repair ${repairs.length === 1 ? 'this' : `these ${repairs.length}`}?`,
      ifRefused: 'nothing was repaired',
      ifNobodyCanBeAsked: {
        message: `${repairs.length} ${repairs.length === 1 ? 'finding' : 'findings'} would be repaired, and nobody can be asked`,
        hint: 'look at them without --fix, then give --fix --yes',
      },
    });
    return new Set(repairs.map(({ finding }) => repairKey(finding)));
  }
}

function fixesNoUid(): KmsError {
  return new KmsError(
    'InvalidArgument',
    'a uid shows the evidence about one object, and repairs nothing',
    {
      hint: 'leave the uid out, or name it with --keep',
    },
  );
}

function tooYoung(): KmsError {
  return new KmsError(
    'InvalidArgument',
    'a --min-age below 10m needs --server-stopped: a server may be at work on the rotation',
    { hint: 'stop every server of this store first, or give a longer --min-age' },
  );
}
