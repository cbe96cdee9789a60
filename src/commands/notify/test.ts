// `kms notify test`: sends a test message to every destination.
import { randomUUID } from 'node:crypto';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { KmsError } from '../../errors.js';
import { sendTestMessages, type TestResult } from '../../notify/send-test-messages.js';
import { deliveryErrorRecord } from '../../report/log-records.js';
import { printable } from '../../text/printable.js';

export default class NotifyTest extends BaseCommand {
  static override summary = 'send a test message to every destination';

  static override description = `Says for each destination whether it took the message. Of the store it reads only the id, for its label. Exit code 6: a destination failed.`;

  static override examples = ['<%= config.bin %> notify test'];

  async run(): Promise<object> {
    const { flags } = await this.parse(NotifyTest);
    const config = this.configuration(flags);
    const { destinations, problems } = await this.session.notifier(config);
    if (destinations.length + problems.length === 0) {
      throw new KmsError('InvalidConfiguration', 'no destination is configured', {
        hint: 'set notify.recipients or notify.webhooks',
      });
    }
    const store = await this.session.storeLabel(config);
    const results = await sendTestMessages(
      { destinations, problems },
      {
        originOf: () => ({ ...this.session.origin, store, id: randomUUID(), now: clock.now() }),
        onUnexpected: (error) => {
          this.printer.diagnostics().event(deliveryErrorRecord(error));
        },
      },
    );
    await this.printer.print(flags, results.map(lineOf));
    const allAccepted = results.every(({ outcome }) => outcome === 'accepted');
    return this.finish(
      { schema: 'kms.notify-test/v1', destinations: results },
      allAccepted ? 0 : 6,
    );
  }
}

function lineOf({ destination, outcome, error }: TestResult): string {
  return printable(`${destination}: ${outcome}${error === null ? '' : `: ${error}`}`);
}
