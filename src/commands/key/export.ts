// `kms key export`: public keys and certificates, for use outside the store: one as PEM, the public keys of pairs as JWK
// Set, or the certificates of authorities as bundle.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { exportMode, type ExportMode } from '../../cli/export-mode.js';
import { uidsArg } from '../../cli/flags.js';
import { JWK_ALGORITHMS, JWK_USES, type JwkUse } from '../../crypto/keys/json-web-key.js';
import { KmsError } from '../../errors.js';
import { updateNamedFile } from '../../files/write-named-files.js';
import { exportCertificate, exportChain } from '../../flows/certificates/export-certificate.js';
import { exportPublicKey } from '../../flows/pairs/export-public-key.js';
import { loadByAddress } from '../../store/find/load-by-address.js';
import type { Store } from '../../store/store.js';
import {
  isRetired,
  loadLatestGeneration,
  namesOneGeneration,
  noLiveGeneration,
} from '../../survey/live-generation.js';
import { authorityBundle } from '../../views/keys/authority-bundle.js';
import { jwkSetJson, jwkSetText } from '../../views/keys/jwk-set.js';
import { publishedKeys } from '../../views/keys/published-keys.js';

export default class KeyExport extends BaseCommand {
  static override summary = 'export public keys and certificates; never anything else';

  static override description = `With --public takes a public key, a private key (its public key is printed) or a certificate (with --chain followed by those of its issuers), and prints PEM. If the object was replaced, its live generation is printed; name a generation, such as NAME@1, or add --retired to print an earlier one.

With --jwks prints a JWK Set of the public keys of pairs: of each pair the current generation and those that are retiring, with --verify also older ones that still verify.

With --bundle prints the certificates of authorities as PEM: the current ones, those that are retiring, and earlier ones as long as a certificate below them is Active and has not ended.`;

  static override examples = [
    '<%= config.bin %> key export --public signing',
    '<%= config.bin %> key export --public signing@first | openssl pkey -pubin -text',
    '<%= config.bin %> key export --public www --chain',
    '<%= config.bin %> key export --jwks --use sig --output jwks.json signing',
    '<%= config.bin %> key export --bundle root --output authorities.pem',
  ];

  static override args = {
    uid: uidsArg,
  };

  static override flags = {
    public: Flags.boolean({
      description: 'export one public key or certificate as PEM',
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
    jwks: Flags.boolean({
      description: 'export the public keys of pairs as JWK Set',
      default: false,
    }),
    verify: Flags.boolean({
      description: 'in a JWK Set, also older generations that still verify',
      default: false,
    }),
    use: Flags.custom<JwkUse>({ options: [...JWK_USES] })({
      description: 'what the keys of a JWK Set are for, if they allow more than one use',
      helpValue: '<use>',
    }),
    alg: Flags.string({
      description: 'the algorithm of the keys of a JWK Set, if they allow more than one',
      options: [...JWK_ALGORITHMS],
      helpValue: '<algorithm>',
    }),
    bundle: Flags.boolean({
      description: 'export the certificates of authorities as PEM, earlier ones while needed',
      default: false,
    }),
    output: Flags.string({
      description: 'write to this file, and only if that changes it',
      helpValue: '<file>',
    }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(KeyExport);
    const mode = exportMode(flags, argv as string[]);
    const config = this.configuration(flags);
    return this.session.withStore(config, 'read', async (store) => {
      const { lines, document } = await this.exported(store, mode, flags);
      const output = await this.deliver(flags, lines);
      return this.finish({ ...document, ...output }, 0);
    });
  }

  private exported(store: Store, mode: ExportMode, flags: ExportFlags): Promise<Exported> {
    if (mode.kind === 'public') return this.one(store, mode.name, flags);
    return mode.kind === 'jwks'
      ? this.jwkSet(store, mode.names, flags)
      : this.bundle(store, mode.names);
  }

  private async one(store: Store, name: string, flags: ExportFlags): Promise<Exported> {
    const isExact = flags.retired || namesOneGeneration(name);
    const candidate = await (isExact ? loadByAddress : loadLatestGeneration)(store, name);
    const { object } = candidate;
    const isCertificate = !(object instanceof KmsError) && object.objectType === 'Certificate';
    if (flags.chain && !isCertificate) throw noChain(candidate.row.id);
    const exported = isCertificate ? exportCertificate(object) : exportPublicKey(candidate);
    if (isRetired(exported)) {
      if (!isExact) throw noLiveGeneration(name, exported);
      this.printer.note('warn', `${JSON.stringify(exported.uid)} is ${exported.state}`);
    }
    const chain = isCertificate && flags.chain ? exportChain(object, candidate.relatedObjects) : [];
    return {
      lines: [exported, ...chain].map(({ pem }) => pem.trimEnd()),
      document: isCertificate
        ? { schema: 'kms.certificate/v1', ...exported, chain }
        : { schema: 'kms.public-key/v1', ...exported },
    };
  }

  private async jwkSet(
    store: Store,
    names: readonly string[],
    { verify, use, alg }: ExportFlags,
  ): Promise<Exported> {
    const options = {
      now: clock.now(),
      verifies: () => verify,
      request: { use: use ?? null, alg: alg ?? null },
    };
    const { keys, warnings } = await publishedKeys(store, names, options);
    for (const warning of warnings) this.printer.note('warn', warning);
    return { lines: [jwkSetText(keys)], document: jwkSetJson(keys) };
  }

  private async bundle(store: Store, names: readonly string[]): Promise<Exported> {
    const { certificates, warnings } = await authorityBundle(store, names, clock.now());
    for (const warning of warnings) this.printer.note('warn', warning);
    return {
      lines: certificates.map(({ pem }) => pem.trimEnd()),
      document: { schema: 'kms.certificate-bundle/v1', certificates },
    };
  }

  /** Prints what was exported, or writes it to the file that is named; returns what the document says of that file. */
  private async deliver(flags: ExportFlags, lines: readonly string[]): Promise<object> {
    const { output: file } = flags;
    if (file === undefined) {
      await this.printer.print(flags, lines);
      return {};
    }
    const changed = updateNamedFile('--output', file, `${lines.join('\n')}\n`);
    this.printer.note('info', changed ? `${file} is written` : `${file} has not changed`);
    return { output: { file, changed } };
  }
}

interface ExportFlags {
  readonly quiet: boolean;
  readonly retired: boolean;
  readonly chain: boolean;
  readonly verify: boolean;
  readonly use?: JwkUse | undefined;
  readonly alg?: string | undefined;
  readonly output?: string | undefined;
}

interface Exported {
  readonly lines: readonly string[];
  readonly document: object;
}

function noChain(uid: string): KmsError {
  return new KmsError('InvalidArgument', `${JSON.stringify(uid)} is not a certificate`, {
    uid,
    hint: 'leave --chain out, or name a certificate',
  });
}
