// `kms key export --public UID`: a public key as PEM, for use outside the store.
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { KmsError } from '../../errors.js';
import { exportPublicKey } from '../../flows/export-public-key.js';

export default class KeyExport extends BaseCommand {
  static override summary = 'export a public key as PEM; never anything else';

  static override description = `Takes a public key, or a private key, of which the public half is printed.`;

  static override examples = [
    '<%= config.bin %> key export --public signing',
    '<%= config.bin %> key export --public signing@first | openssl pkey -pubin -text',
  ];

  static override args = {
    uid: Args.string({
      description: 'Unique Identifier, or a keyset’s NAME, NAME@latest, NAME@first, NAME@N',
      required: true,
    }),
  };

  static override flags = {
    public: Flags.boolean({
      description: 'the public key; must be given, as nothing else is exported',
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(KeyExport);
    if (!flags.public) {
      throw new KmsError('InvalidArgument', 'nothing but public keys is exported', {
        hint: 'say so: kms key export --public UID',
      });
    }
    const config = this.configuration(flags);
    return this.withStore(config, 'read', async (store) => {
      const uid = await store.resolveUid(args.uid);
      const [subject] = await store.load([uid]);
      if (subject === undefined) {
        throw new KmsError('UnknownUid', `${JSON.stringify(uid)} was deleted meanwhile`, { uid });
      }
      const exported = exportPublicKey(subject);
      this.print(flags, [exported.pem.trimEnd()]);
      return this.finish({ schema: 'kms.public-key/v1', ...exported }, 0);
    });
  }
}
