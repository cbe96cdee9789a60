// `kms audit verify`: says whether the rotation log is whole, or what was done to it.
import { Flags } from '@oclif/core';
import { headsFrom, sealingKeys, verifyingKeys } from '../../cli/audit-files.js';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { durationFlag } from '../../cli/flags.js';
import { limitMemory } from '../../cli/limit-memory.js';
import { LOOKING } from '../../cli/printing.js';
import { KmsError } from '../../errors.js';
import { formatInstant } from '../../kmip/date-time.js';
import { checkLog, type LogCheck, type LogCheckOptions } from '../../report/audit/check-log.js';
import { checkPruned } from '../../report/audit/check-pruned.js';
import { fileSource } from '../../report/audit/file-source.js';
import type { LogSource } from '../../report/audit/log-source.js';
import { storeSource } from '../../report/audit/store-source.js';
import type { Config } from '../../settings/config.js';
import { checkJson, checkLines } from '../../views/audit/check-lines.js';

export default class AuditVerify extends BaseCommand {
  static override summary = 'say whether the rotation log is whole, or what was done to it';

  static override description = `Checks every row of the rotation log against its seal, and the chains of rows against each other. Exit code 0 says that the log is whole; chains that are open or were interrupted are listed. 1 says that it was altered, and the output names each place and the last good row before it. 255 says that an error kept kms from finding out.

That the newest rows were removed shows only by a head that was written down elsewhere: see kms audit heads.`;

  static override examples = [
    '<%= config.bin %> audit verify',
    '<%= config.bin %> audit verify --since 30d --json',
  ];

  static override flags = {
    head: Flags.string({
      description:
        'heads from elsewhere, which must be there: HASH or CHAIN:ROW:HASH, one or more; may be repeated',
      helpValue: '<head>',
      multiple: true,
    }),
    'head-file': Flags.string({
      description: 'file of such heads, as --audit-heads writes it; may be repeated',
      helpValue: '<file>',
      multiple: true,
    }),
    'key-file': Flags.string({
      description:
        'file of a key that sealed the log before that of audit.key_file; may be repeated',
      helpValue: '<file>',
      multiple: true,
    }),
    'public-key': Flags.string({
      description: 'file of a public key (PEM) that verifies signatures; may be repeated',
      helpValue: '<file>',
      multiple: true,
    }),
    since: durationFlag({ description: 'check the content only of rows no older than this' }),
    file: Flags.string({
      description: 'check this export (JSONL) in place of the store',
      helpValue: '<file>',
    }),
  };

  /** 1 means that the log was altered, so no error may end with it. */
  protected override readonly answersByExitCode = true;

  async run(): Promise<object> {
    const { flags } = await this.parse(AuditVerify);
    const config = this.configuration(flags);
    const now = clock.now();
    const options: LogCheckOptions = {
      keys: sealingKeys(flags['key-file'] ?? [], config.sealingKeyFile),
      publicKeys: verifyingKeys(flags['public-key'] ?? []),
      since: flags.since === undefined ? null : formatInstant(now - flags.since),
      heads: headsFrom(flags.head ?? [], flags['head-file'] ?? []),
    };
    const check = await this.printer.whileBusy(LOOKING, () =>
      flags.file === undefined ? this.checkStore(config, options) : checkFile(flags.file, options),
    );
    if (check.findings.count() === 0 && check.missingKeys.size > 0) throw missingKeys(check);
    const isBare = check.chains === 0 || check.findings.count() === 0;
    if (isBare && check.notYetSealed > 0) throw notSealed(check);
    const areHeadsGiven = flags.head !== undefined || flags['head-file'] !== undefined;
    const heads = areHeadsGiven ? options.heads.length : null;
    await this.printer.print(flags, [...checkLines(check), ...headLines(heads)]);
    const source =
      flags.file === undefined
        ? { store: await this.session.storeLabel(config) }
        : { file: flags.file };
    const document = {
      schema: 'kms.audit-verify/v1',
      now: formatInstant(now),
      ...source,
      ...checkJson(check),
      heads,
    };
    return this.finish(document, check.findings.count() === 0 ? 0 : 1);
  }

  private checkStore(config: Config, options: LogCheckOptions): Promise<LogCheck> {
    return this.session.withStore(config, 'read', (store) =>
      store.readLogSnapshot(async (log) =>
        checkLog(inLittleMemory(await storeSource(log)), options),
      ),
    );
  }
}

/** A file without heads shows nothing, which the exit code does not tell. */
function headLines(heads: number | null): readonly string[] {
  if (heads === null) return [];
  return [`looked for ${heads} ${heads === 1 ? 'head' : 'heads'} from elsewhere`];
}

/** A log of many runs leaves much garbage. */
function inLittleMemory<S extends LogSource>(source: S): S {
  return { ...source, pages: withEachPage(source.pages, limitMemory()) };
}

async function* withEachPage<T>(pages: AsyncIterable<T>, step: () => void): AsyncGenerator<T> {
  for await (const page of pages) {
    yield page;
    step();
  }
}

async function checkFile(path: string, options: LogCheckOptions): Promise<LogCheck> {
  const source = inLittleMemory(await fileSource(path));
  if (!source.isOfPrune) return checkLog(source, options);
  if (options.heads.length > 0) throw headsOfPrune(path);
  return checkPruned(source, options);
}

function headsOfPrune(path: string): KmsError {
  return new KmsError(
    'InvalidArgument',
    `--file ${path} has what kms prune removed: the heads are in the log`,
    { hint: 'look for them in the store: leave out --file' },
  );
}

function notSealed({ notYetSealed }: LogCheck): KmsError {
  return new KmsError(
    'StoreNotInitialised',
    `${notYetSealed} rows of the rotation log are not sealed yet`,
    {
      hint: 'kms init --yes seals the rows from before the log had seals; if it has done so, somebody removed what it wrote',
    },
  );
}

function missingKeys({ missingKeys: missing }: LogCheck): KmsError {
  const [[keyId, rows] = ['', 0]] = missing;
  return new KmsError(
    'InvalidArgument',
    `${rows} rows are sealed or signed by the key ${keyId}, which was not given: whether they are as they were is unknown`,
    { hint: 'give its file by --key-file, or the public key by --public-key' },
  );
}
