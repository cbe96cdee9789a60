// `kms due list`: lists what is due, what becomes due, and why or why not.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { durationFlag, filterFlags, filtersOf, listFlags, listRequestOf } from '../../cli/flags.js';
import { LOOKING } from '../../cli/printing.js';
import { replicaMember } from '../../report/store-notices.js';
import { dueListJson } from '../../views/due/due-list.js';
import {
  dueLines,
  dueReport,
  explainedLines,
  needsRun,
  type DueQuery,
} from '../../views/due/due-report.js';

export default class DueList extends BaseCommand {
  static override summary = 'list the keys whose rotation deadline has passed';

  static override description = `Lists by deadline, the longest overdue first. A key whose deadline cannot be computed is always listed. With --explain the table begins with the number of objects for each verdict, and lists first what a run rotates or reports.

With --check nothing is printed: exit code 0 says that kms rotate due would have something to do or to report, 1 that it would not, 255 that an error kept kms from finding out.`;

  static override examples = [
    '<%= config.bin %> due list',
    '<%= config.bin %> due list --within 30d --owner ops@example.org',
    '<%= config.bin %> due list --explain --json',
    '<%= config.bin %> due list --expiring 30d',
  ];

  static override flags = {
    ...filterFlags,
    ...listFlags,
    within: durationFlag({ description: 'also list what becomes due within this time' }),
    explain: Flags.boolean({
      description: 'list every object that has a policy, and why it is or is not due',
      default: false,
    }),
    expiring: durationFlag({
      description: 'also list the Active certificates that end within this time, policy or not',
    }),
    check: Flags.boolean({
      description: 'print nothing; answer by the exit code',
      exclusive: ['within', 'explain', 'expiring', 'json', 'csv', 'csv-safe'],
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(DueList);
    const config = this.configuration(flags);
    const now = clock.now();
    const query: DueQuery = {
      now,
      withinSeconds: flags.within ?? 0,
      firstDeadline: config.firstDeadline,
      ends: config.ends,
      hsm: config.hsm,
      serverKek: config.serverKek,
      filters: filtersOf(flags),
      explain: flags.explain,
      expiringWithinSeconds: flags.expiring,
    };
    const { printer } = this;
    const request = listRequestOf(flags);
    return this.session.withStore(config, 'read', async (store) => {
      if (flags.check) return this.finish({}, (await needsRun(store, query)) ? 0 : 1);
      if (!flags.explain && !printer.isJson()) {
        await printer.page(flags, dueLines(store, query, printer.out, request));
        return this.finish({}, 0);
      }
      const report = await printer.whileBusy(LOOKING, () => dueReport(store, query));
      await printer.page(flags, explainedLines(report, now, printer.out, request));
      const label = await this.session.storeLabel(config);
      const document = dueListJson(report.keys, { store: label, now }, report);
      return this.finish({ ...document, ...replicaMember(store) }, 0);
    });
  }
}
