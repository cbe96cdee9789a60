// `kms report`: says which keys comply with their policies, which do not, and why.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { clock } from '../cli/clock.js';
import { countFlag, filterFlags, filtersOf, listFlags } from '../cli/flags.js';
import { countedStore } from '../cli/progress/counted-store.js';
import { examineStore } from '../cli/progress/examine-store.js';
import { LOOKING } from '../cli/printing.js';
import { USUAL_MIN_AGE_SECONDS } from '../doctor/doctor-context.js';
import type { FindingCode } from '../doctor/finding.js';
import { isLeft } from '../doctor/run-doctor.js';
import { USUAL_MINIMUM_BITS } from '../rotation/compliance.js';
import { KmsError } from '../errors.js';
import { readSigningKey } from '../settings/audit-key-files.js';
import type { Config } from '../settings/config.js';
import type { SurveyFilters } from '../survey/survey-filters.js';
import { newestHeads } from '../report/audit/newest-heads.js';
import { documentLines } from '../output/json-document.js';
import { redactedUrl } from '../store/connect/url/redacted-url.js';
import type { Store } from '../store/store.js';
import {
  allComply,
  complianceReport,
  type ComplianceReport,
} from '../views/compliance/compliance-report.js';
import { writeReport, type WrittenReport } from '../views/compliance/report-file.js';
import type { ReportSubject } from '../views/compliance/report-subject.js';
import { findingsOn, type ReportedFinding } from '../views/compliance/report-findings.js';
import type { cryptoInventory } from '../views/compliance/cbom/crypto-inventory.js';
import { compareReports, type Comparison } from '../views/compliance/compare/comparison.js';
import { readOldReport } from '../views/compliance/compare/old-report.js';
import { complianceJson } from '../views/compliance/compliance-json.js';
import { complianceTable } from '../views/compliance/compliance-table.js';

/** Findings that are violations of a key, or about our own tables and indexes. */
const TOLD_OTHERWISE: readonly FindingCode[] = ['stale-dependant', 'store'];

export default class RunReport extends BaseCommand {
  static override summary = 'show which keys comply with their policies, which do not, and why';

  static override description = `Looks at every key that can have a policy, whether it has one or not, and at objects that are still wrapped by a replaced key. Says first what to do, then lists the keys that do not comply, the most urgent first, and the errors that kms doctor finds.

With --check nothing is printed: exit code 0 says that all comply and that doctor finds no error, 1 that this is not so, 255 that an error kept kms from finding out.`;

  static override examples = [
    '<%= config.bin %> report',
    '<%= config.bin %> report --format html --owner ops@example.org > report.html',
    '<%= config.bin %> report --check || echo look',
  ];

  static override flags = {
    ...filterFlags,
    columns: listFlags.columns,
    sort: listFlags.sort,
    format: Flags.string({
      description: 'output format',
      options: ['table', 'json', 'csv', 'html', 'cyclonedx'],
      default: 'table',
      helpValue: '<format>',
    }),
    all: Flags.boolean({ description: 'also list the keys that comply', default: false }),
    'minimum-strength': countFlag({
      description: `bits of security below which a key counts as weak (default: report.minimum_strength, else ${USUAL_MINIMUM_BITS})`,
    }),
    'max-interval': Flags.string({
      description: 'longest time that a key may be in use between two rotations',
      helpValue: '<duration>',
    }),
    compare: Flags.string({
      description: 'JSON of an earlier report; tells what became better or worse since then',
      helpValue: '<file>',
    }),
    output: Flags.string({
      description: 'write the report to this file, and its signature beside it',
      helpValue: '<file>',
    }),
    check: Flags.boolean({
      description: 'print nothing; answer by the exit code',
      exclusive: ['columns', 'sort', 'all', 'json', 'compare', 'output'],
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(RunReport);
    assertFits(flags);
    const earlier = flags.compare === undefined ? null : readOldReport(flags.compare);
    const config = this.configuration(flags);
    // Before the store is read, as a key of no use would make that work useless.
    const keyFile = flags.output === undefined ? null : config.signingKeyFile;
    const key = keyFile === null ? null : readSigningKey(keyFile);
    const { report, subject, assets } = await this.gathered(config, flags);
    if (flags.check) return this.finish({}, allComply(report) ? 0 : 1);
    const asDocument = complianceJson(report, subject);
    const comparison = earlier === null ? null : compareReports(earlier, asDocument);
    const document = { ...asDocument, comparison };
    const lines = await this.linesOf(flags, { report, subject, assets, document });
    if (flags.output === undefined) {
      await this.printer[flags.format === 'table' ? 'page' : 'print'](flags, lines());
      return this.finish(document, 0);
    }
    const output = writeReport(flags.output, lines, key);
    this.printer.note('info', writtenNote(output));
    return this.finish({ ...document, output }, 0);
  }

  /** Returns the lines of a report in the format that is asked for. */
  private async linesOf(flags: LinesFlags, made: MadeReport): Promise<() => Iterable<string>> {
    const { report, subject, assets, document } = made;
    const { comparison } = document;
    if (flags.format === 'json') return () => documentLines(document);
    if (flags.format === 'cyclonedx') {
      const { cryptographicBom } = await import('../views/compliance/cbom/cbom.js');
      return () => documentLines(cryptographicBom(report, subject, assets));
    }
    if (flags.format === 'html') {
      const { complianceHtml } = await import('../views/compliance/compliance-html.js');
      return () => complianceHtml(report, subject, { ...flags, comparison });
    }
    const options = { ...flags, comparison, csv: flags.format === 'csv', csvSafe: true };
    return () => complianceTable(report, subject, this.printer.out, options);
  }

  /** Reads the store once for the keys, once for what doctor finds, and once more for a bill of materials. */
  private async gathered(config: Config, flags: GatheringFlags) {
    const options = {
      now: clock.now(),
      withinSeconds: 0,
      firstDeadline: config.firstDeadline,
      ends: config.ends,
      hsm: config.hsm,
      ...config.report,
      warningDays: config.warningDays,
    };
    const filters = filtersOf(flags);
    const read = await this.session.withStore(config, 'read', (store) =>
      this.printer.whileBusy(LOOKING, async (progress) => ({
        aboutKeys: await complianceReport(countedStore(store, progress), options, filters),
        assets: flags.format === 'cyclonedx' ? await inventory(store, options, filters) : [],
        storeId: store.identity.id,
        auditHeads: await headsOf(store),
      })),
    );
    const { aboutKeys, assets, storeId, auditHeads } = read;
    const found = await this.findings(config, filters);
    const report = { ...aboutKeys, findings: findingsOn(found, aboutKeys.keys, filters) };
    const about = { ...(await this.subjectOf(config)), storeId, auditHeads };
    const subject = { ...about, ...options, filters };
    return { report, subject, assets };
  }

  /** Returns the errors that doctor finds and the report does not tell of by itself. */
  private async findings(
    config: Config,
    { owner }: SurveyFilters,
  ): Promise<readonly ReportedFinding[]> {
    const options = { only: [], owner, minAgeSeconds: USUAL_MIN_AGE_SECONDS, keep: [] };
    const { results } = await this.session.withDoctorContext(config, false, options, (context) =>
      examineStore(this.printer, context),
    );
    return results
      .filter((result) => isLeft(result) && !TOLD_OTHERWISE.includes(result.finding.code))
      .map(({ finding: { code, uids, message, repair } }) => ({ code, uids, message, repair }));
  }

  private async subjectOf(config: Config) {
    const { host, version } = this.session.origin;
    const store = await this.session.storeLabel(config);
    return { store, url: redactedUrl(config.databaseUrl), host, version };
  }
}

function writtenNote({ file, signature }: WrittenReport): string {
  return signature === null ? `${file} is written` : `${file} and ${signature} are written`;
}

/** Returns the newest rows of the log; null from a store that has no log, which can be reported on all the same. */
async function headsOf(store: Store) {
  try {
    return await newestHeads(store);
  } catch (error) {
    if (error instanceof KmsError && error.reason === 'StoreNotInitialised') return null;
    throw error;
  }
}

/** Loads what reads certificates only when it is needed. */
async function inventory(...args: Parameters<typeof cryptoInventory>) {
  const { cryptoInventory: read } = await import('../views/compliance/cbom/crypto-inventory.js');
  return read(...args);
}

/** Refuses flags that would have no effect. */
function assertFits({ format, columns, sort, compare, output }: ReportFlags): void {
  const isList = format === 'table' || format === 'csv';
  const unfit = [
    ...(columns === undefined || isList ? [] : [['--columns', 'table or --format csv']]),
    ...(sort === undefined || isList ? [] : [['--sort', 'table or --format csv']]),
    ...(compare === undefined || (format !== 'csv' && format !== 'cyclonedx')
      ? []
      : [['--compare', 'table, json or html']]),
    ...(output === undefined || format !== 'table'
      ? []
      : [['--output', 'json, csv, html or cyclonedx']]),
  ];
  for (const [flag = '', formats = ''] of unfit) {
    throw new KmsError('InvalidArgument', `${flag} cannot be used with --format ${format}`, {
      hint: `use it with --format ${formats}`,
    });
  }
}

interface ReportFlags {
  readonly format: string;
  readonly columns: string | undefined;
  readonly sort: string | undefined;
  readonly compare: string | undefined;
  readonly output: string | undefined;
}

interface LinesFlags {
  readonly format: string;
  readonly all: boolean;
  readonly columns: string | undefined;
  readonly sort: string | undefined;
}

interface MadeReport {
  readonly report: ComplianceReport;
  readonly subject: ReportSubject;
  readonly assets: Awaited<ReturnType<typeof cryptoInventory>>;
  readonly document: { readonly comparison: Comparison | null };
}

interface GatheringFlags {
  readonly format: string;
  readonly owner: string | undefined;
  readonly tag: string[] | undefined;
  readonly type: string | undefined;
}
