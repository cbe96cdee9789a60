// `kms key list`: lists the objects of the store.
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { countedStore } from '../../cli/progress/counted-store.js';
import { filterFlags, filtersOf, listFlags, listRequestOf } from '../../cli/flags.js';
import { LOOKING } from '../../cli/printing.js';
import { keyTable } from '../../views/keys/key-details.js';
import { keyList } from '../../views/keys/key-list.js';

export default class KeyList extends BaseCommand {
  static override summary = 'list the objects of the store';

  static override examples = [
    '<%= config.bin %> key list',
    '<%= config.bin %> key list --tag env:prod --type SymmetricKey --json',
  ];

  static override flags = { ...filterFlags, ...listFlags };

  async run(): Promise<object> {
    const { flags } = await this.parse(KeyList);
    const config = this.configuration(flags);
    const now = clock.now();
    const options = {
      now,
      withinSeconds: 0,
      firstDeadline: config.firstDeadline,
      ends: config.ends,
    };
    return this.session.withStore(config, 'read', async (store) => {
      const keys = await this.printer.whileBusy(LOOKING, (progress) =>
        keyList(countedStore(store, progress), options, filtersOf(flags)),
      );
      const request = listRequestOf(flags);
      if (request.csv || keys.length > 0) {
        await this.printer.page(flags, keyTable(keys, now, this.printer.out, request));
      } else if (this.printer.out.isTerminal) {
        await this.printer.print(flags, ['No object matches.']);
      }
      return this.finish({ schema: 'kms.key-list/v1', keys, count: keys.length }, 0);
    });
  }
}
