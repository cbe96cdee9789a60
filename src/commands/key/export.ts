// `kms key export --public UID`: prints a public key or a certificate as PEM, for use outside the store.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { uidArg } from '../../cli/flags.js';
import { KmsError } from '../../errors.js';
import { exportCertificate, exportChain } from '../../flows/certificates/export-certificate.js';
import { exportPublicKey } from '../../flows/pairs/export-public-key.js';
import { loadByAddress } from '../../store/find/load-by-address.js';
import {
  isRetired,
  loadLatestGeneration,
  namesOneGeneration,
  noLiveGeneration,
} from '../../survey/live-generation.js';

export default class KeyExport extends BaseCommand {
  static override summary = 'export a public key or a certificate as PEM; never anything else';

  static override description = `Takes a public key, a private key (its public key is printed) or a certificate (with --chain followed by those of its issuers). If the object was replaced, its live generation is printed; name a generation, such as NAME@1, or add --retired to print an earlier one.`;

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
      description: 'required, as only public keys and certificates can be exported',
      default: false,
    }),
    retired: Flags.boolean({
      description: 'export what is named, though it was replaced or is no longer Active',
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
      throw new KmsError('InvalidArgument', 'only public keys and certificates can be exported', {
        hint: 'write kms key export --public UID',
      });
    }
    const config = this.configuration(flags);
    return this.session.withStore(config, 'read', async (store) => {
      const isExact = flags.retired || namesOneGeneration(args.uid);
      const candidate = await (isExact ? loadByAddress : loadLatestGeneration)(store, args.uid);
      const { object } = candidate;
      const isCertificate = !(object instanceof KmsError) && object.objectType === 'Certificate';
      if (flags.chain && !isCertificate) throw noChain(candidate.row.id);
      const exported = isCertificate ? exportCertificate(object) : exportPublicKey(candidate);
      if (isRetired(exported)) {
        if (!isExact) throw noLiveGeneration(args.uid, exported);
        this.printer.note('warn', `${JSON.stringify(exported.uid)} is ${exported.state}`);
      }
      const chain =
        isCertificate && flags.chain ? exportChain(object, candidate.relatedObjects) : [];
      const pems = [exported, ...chain].map(({ pem }) => pem.trimEnd());
      await this.printer.print(flags, pems);
      return this.finish(
        isCertificate
          ? { schema: 'kms.certificate/v1', ...exported, chain }
          : { schema: 'kms.public-key/v1', ...exported },
        0,
      );
    });
  }
}

function noChain(uid: string): KmsError {
  return new KmsError('InvalidArgument', `${JSON.stringify(uid)} is not a certificate`, {
    uid,
    hint: 'leave --chain out, or name a certificate',
  });
}
