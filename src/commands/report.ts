// `kms report`: which keys comply with their policies, which do not, and why.
import { Flags } from '@oclif/core';
import { BaseCommand, countFlag, filterFlags, listFlags, LOOKING } from '../cli/base-command.js';
import { clock } from '../cli/clock.js';
import { complianceJson, complianceReport, complies } from '../views/compliance-report.js';
import { KmsError } from '../errors.js';
import { complianceTable } from '../views/compliance-table.js';

/** Below this NIST SP 800-131A lets no key protect anything. */
const USUAL_MINIMUM_BITS = 112;

export default class Report extends BaseCommand {
  static override summary = 'say which keys comply with their policies, which do not, and why';

  static override description = `Looks at every key that a policy can be set on, those without one too, and at what hangs on replaced wrapping keys. Begins with what is to be done, then lists the keys that do not comply, the most pressing first.

With --check nothing is printed: exit code 0 says that all comply, 1 that some do not, 255 that this could not be told.`;

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
      description: 'how to print it',
      options: ['table', 'json', 'csv', 'html'],
      default: 'table',
      helpValue: '<format>',
    }),
    all: Flags.boolean({ description: 'list the keys that comply too', default: false }),
    'minimum-strength': countFlag({
      description: 'bits of security below which a key counts as weak',
      default: USUAL_MINIMUM_BITS,
    }),
    check: Flags.boolean({
      description: 'print nothing, answer by exit code',
      exclusive: ['columns', 'sort', 'all', 'json'],
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Report);
    assertFits(flags);
    const config = this.configuration(flags);
    const terms = {
      now: clock.now(),
      withinSeconds: 0,
      firstDeadline: config.firstDeadline,
      minimumStrengthBits: flags['minimum-strength'],
    };
    const filters = { owner: flags.owner, tags: flags.tag ?? [], objectType: flags.type };
    const report = await this.withStore(config, 'read', (store) =>
      this.busy(LOOKING, () => complianceReport(store, terms, filters)),
    );
    if (flags.check) return this.finish({}, report.keys.every(complies) ? 0 : 1);
    const document = complianceJson(report);
    if (flags.format === 'json') {
      if (!flags.quiet && !this.jsonEnabled()) await this.printJson(document);
    } else if (flags.format === 'html') {
      const { complianceHtml } = await import('../views/compliance-html.js');
      await this.print(flags, complianceHtml(report, flags));
    } else {
      const csv = flags.format === 'csv';
      await this.page(flags, complianceTable(report, this.out, { ...flags, csv }));
    }
    return this.finish(document, 0);
  }
}

/** What could not be honoured is not passed over. */
function assertFits({ format, columns, sort }: ReportFlags): void {
  const named = columns === undefined ? (sort === undefined ? null : '--sort') : '--columns';
  if (named === null || format === 'table' || format === 'csv') return;
  throw new KmsError('InvalidArgument', `${named} does not go with --format ${format}`, {
    hint: 'a table and CSV have columns that can be chosen and sorted',
  });
}

interface ReportFlags {
  readonly format: string;
  readonly columns: string | undefined;
  readonly sort: string | undefined;
}
