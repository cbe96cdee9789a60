// `kms key show UID`: everything that may be shown of one object.
import { Args } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { clock } from '../../clock.js';
import { KmsError } from '../../errors.js';
import { keyView } from '../../key-view.js';
import { keyDetails } from '../../output/key-details.js';

export default class KeyShow extends BaseCommand {
  static override summary = 'show one object; never its key material';

  static override examples = [
    '<%= config.bin %> key show invoices',
    '<%= config.bin %> key show invoices@first --json',
  ];

  static override args = {
    uid: Args.string({
      description: 'Unique Identifier, or a keyset’s NAME, NAME@latest, NAME@first, NAME@N',
      required: true,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(KeyShow);
    const config = this.configuration(flags);
    const now = clock.now();
    return this.withStore(config, 'read', async (store) => {
      const uid = await store.resolveUid(args.uid);
      const [subject] = await store.load([uid]);
      if (subject === undefined) {
        throw new KmsError('UnknownUid', `${JSON.stringify(uid)} was deleted meanwhile`, { uid });
      }
      const terms = { now, withinSeconds: 0, firstDeadline: config.firstDeadline };
      const key = keyView(subject, terms);
      this.print(flags, keyDetails(key, now, this.out));
      return this.finish({ schema: 'kms.key/v1', key }, 0);
    });
  }
}
