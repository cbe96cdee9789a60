// `kms status`: how runs fare, and what is wrong now.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { clock } from '../cli/clock.js';
import { LOOKING } from '../cli/printing.js';
import { replicaMember } from '../report/store-notices.js';
import { statusLines } from '../views/status/status-lines.js';
import { isWell, statusJson, storeStatus } from '../views/status/store-status.js';

export default class Status extends BaseCommand {
  static override summary = 'show how runs fare and what is wrong now';

  static override description = `Shows the last run of each set of filters, how many keys are due, and each failure that lasts: since when, how often, what to do, and when it is told next. A failure is over when a run has rotated the key or has found that it is no longer due. Also listed are runs that did not come, once another run has found that, destinations that refuse messages, faults of the store that runs notice, and certificates and keys that are Active after their end.

With --check nothing is printed: exit code 0 says that all is well, 1 that a failure lasts, acknowledged or not, or that no good run came for two cadences (store.cadence), 255 that an error kept kms from finding out.`;

  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --json',
    '<%= config.bin %> status --check || echo look',
  ];

  static override flags = {
    check: Flags.boolean({
      description: 'print nothing; answer by the exit code',
      exclusive: ['json'],
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Status);
    const config = this.configuration(flags);
    const { firstDeadline, ends, hsm, notify } = config;
    const now = clock.now();
    return this.session.withStore(config, 'read', async (store) => {
      if (flags.check) {
        const [runs, conditions] = [await store.lastRuns(), await store.openConditions()];
        return this.finish({}, isWell({ now, runs, conditions }) ? 0 : 1);
      }
      const options = { now, withinSeconds: 0, firstDeadline, ends, hsm };
      const status = await this.printer.whileBusy(LOOKING, () => storeStatus(store, options));
      await this.printer.page(flags, statusLines(status, notify, this.printer.out));
      const label = await this.session.storeLabel(config);
      return this.finish({ ...statusJson(status, label, notify), ...replicaMember(store) }, 0);
    });
  }
}
