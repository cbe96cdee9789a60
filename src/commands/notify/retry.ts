// `kms notify retry`: sends now the notifications that wait, and those that were given up.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { noteUndelivered } from '../../cli/diagnostics.js';
import { exitCodeOfDeliveries } from '../../report/delivery-summary.js';

export default class NotifyRetry extends BaseCommand {
  static override summary = 'send now the notifications that wait or were given up';

  static override description = `Tries each at once, however often it was tried before. Those that another run is sending at this moment are left to it. Exit code 6: something could not be sent, and still waits.`;

  static override examples = [
    '<%= config.bin %> notify retry',
    '<%= config.bin %> notify retry --destination "webhook siem"',
  ];

  static override flags = {
    destination: Flags.string({
      description: 'only those for this destination, by its name in kms notify list',
      helpValue: '<destination>',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(NotifyRetry);
    const config = this.configuration(flags);
    const notifier = await this.session.notifier(config);
    return this.session.withStore(config, 'write', async (store) => {
      const now = clock.now();
      const retried = await store.outbox.retryNow({ destination: flags.destination ?? null, now });
      const deliveries = await this.session.delivery(config, store, notifier)();
      const { accepted, failed, givenUp } = deliveries;
      await this.printer.print(flags, [
        `${retried} to be sent, ${accepted} sent, ${failed} failed, ${givenUp} given up`,
      ]);
      noteUndelivered(this.printer, deliveries);
      const document = { schema: 'kms.notify-retry/v1', retried, deliveries };
      return this.finish(document, exitCodeOfDeliveries(deliveries));
    });
  }
}
