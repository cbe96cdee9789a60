// `kms key lineage UID`: draws the generations of a key, oldest to latest.
import { BaseCommand } from '../../cli/base-command.js';
import { textArg } from '../../cli/flags.js';
import { clock } from '../../cli/clock.js';
import { lineageDrawing } from '../../views/keys/key-details.js';
import { lineageOf } from '../../views/keys/lineage.js';

export default class KeyLineage extends BaseCommand {
  static override summary = 'draw the generations of a key, oldest to latest';

  static override examples = ['<%= config.bin %> key lineage invoices'];

  static override args = {
    uid: textArg({
      description: 'any generation: Unique Identifier, or a keyset’s NAME, NAME@N',
      required: true,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(KeyLineage);
    const config = this.configuration(flags);
    const now = clock.now();
    const options = {
      now,
      withinSeconds: 0,
      firstDeadline: config.firstDeadline,
      ends: config.ends,
    };
    return this.session.withStore(config, 'read', async (store) => {
      const uid = await store.resolveUid(args.uid);
      const generations = await lineageOf(store, uid, options);
      await this.printer.print(flags, lineageDrawing(generations, now, this.printer.out));
      return this.finish({ schema: 'kms.lineage/v1', uid, generations }, 0);
    });
  }
}
