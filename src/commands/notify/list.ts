// `kms notify list`: lists notifications that wait to be sent, and why.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { notificationListJson } from '../../notify/notification-json.js';
import { notificationTable } from '../../notify/notification-table.js';
import { collect } from '../../survey/survey.js';

export default class NotifyList extends BaseCommand {
  static override summary = 'list notifications that wait to be sent, and why';

  static override description = `Lists notifications that wait or were given up, the oldest first.`;

  static override examples = [
    '<%= config.bin %> notify list',
    '<%= config.bin %> notify list --all --json',
  ];

  static override flags = {
    all: Flags.boolean({ description: 'also list those that were sent', default: false }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(NotifyList);
    const config = this.configuration(flags);
    const { names } = await this.session.notifier(config);
    const known = new Set(names);
    const states = ['waiting', 'given-up', ...(flags.all ? ['sent' as const] : [])] as const;
    return this.session.withStore(config, 'read', async (store) => {
      const listed = (await collect(store.outbox.list(states))).flat();
      await this.printer.print(
        flags,
        notificationTable(listed, { now: clock.now(), known }, this.printer.out),
      );
      return this.finish(notificationListJson(listed, known), 0);
    });
  }
}
