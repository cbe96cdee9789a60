// `kms key export --public UID`: prints a public key or a certificate as PEM, for use outside the store.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { uidArg } from '../../cli/flags.js';
import { KmsError } from '../../errors.js';
import { exportCertificate, exportChain } from '../../flows/certificates/export-certificate.js';
import { exportPublicKey } from '../../flows/pairs/export-public-key.js';
import { loadByAddress } from '../../store/find/load-by-address.js';

export default class KeyExport extends BaseCommand {
  static override summary = 'export a public key or a certificate as PEM; never anything else';

  static override description = `Takes a public key, a private key, of which the public half is printed, or a certificate, with --chain followed by those above it.`;

  static override examples = [
    '<%= config.bin %> key export --public signing',
    '<%= config.bin %> key export --public signing@first | openssl pkey -pubin -text',
    '<%= config.bin %> key export --public www --chain',
  ];

  static override args = {
    uid: uidArg,
  };

  static override flags = {
    public: Flags.boolean({
      description: 'the public key; must be given, as nothing else is exported',
      default: false,
    }),
    chain: Flags.boolean({
      description: 'after a certificate, also those of its issuers, up to the root',
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
    return this.session.withStore(config, 'read', async (store) => {
      const candidate = await loadByAddress(store, args.uid);
      const { object } = candidate;
      if (!(object instanceof KmsError) && object.objectType === 'Certificate') {
        const certificate = exportCertificate(object);
        const chain = flags.chain ? exportChain(object, candidate.relatedObjects) : [];
        await this.printer.print(
          flags,
          [certificate, ...chain].map(({ pem }) => pem.trimEnd()),
        );
        return this.finish({ schema: 'kms.certificate/v1', ...certificate, chain }, 0);
      }
      if (flags.chain) throw noChain(candidate.row.id);
      const exported = exportPublicKey(candidate);
      await this.printer.print(flags, [exported.pem.trimEnd()]);
      return this.finish({ schema: 'kms.public-key/v1', ...exported }, 0);
    });
  }
}

function noChain(uid: string): KmsError {
  return new KmsError('InvalidArgument', `${JSON.stringify(uid)} is no certificate`, {
    uid,
    hint: 'leave --chain out, or name a certificate',
  });
}
