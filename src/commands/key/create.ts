// `kms key create`: creates a symmetric key, or a key pair, in a store without a server.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { initWriter } from '../../cli/run-context.js';
import { countFlag, durationFlag, instantFlag, textFlag, textArg } from '../../cli/flags.js';
import { createKey, type KeyRequest } from '../../creation/create-key.js';
import {
  KEY_TYPES,
  NEW_KEY_ALGORITHMS,
  NEW_KEY_CURVES,
  newKeyKind,
} from '../../creation/new-key-kind.js';
import { newUid } from '../../creation/new-uid.js';
import { ensureDefaultStore } from '../../setup/default-store.js';
import type { NewObject } from '../../flows/new-object.js';
import { keyView } from '../../views/keys/key-view.js';

export default class KeyCreate extends BaseCommand {
  static override summary = 'create a symmetric key, or a key pair';

  static override description = `Prints the Unique Identifier of the new key, or of the private key of a pair; the uid of the public key has _pk after it. If no database is named, the default store is made on first use.`;

  static override examples = [
    '<%= config.bin %> key create invoices --keyset --interval 90d',
    '<%= config.bin %> key create payroll --keyset --interval 90d --offset 7d --tag env:prod',
    '<%= config.bin %> key create signing --type ec --curve P384 --keyset --interval 1y',
    '<%= config.bin %> key create sealing --type pqc --algorithm MLKEM_768',
  ];

  static override args = {
    uid: textArg({ description: 'Unique Identifier (default: a random UUID)' }),
  };

  static override flags = {
    type: Flags.option({ options: KEY_TYPES })({
      description: 'kind of key',
      default: 'symmetric',
    }),
    algorithm: Flags.string({
      description: 'Cryptographic Algorithm of a symmetric or post-quantum key (default: AES)',
      options: [...NEW_KEY_ALGORITHMS],
      helpValue: '<algorithm>',
    }),
    length: countFlag({ description: 'length in bits (default: 256, for RSA keys 3072)' }),
    curve: Flags.string({
      description: 'curve of a key of type ec (default: P256)',
      options: [...NEW_KEY_CURVES],
      helpValue: '<curve>',
    }),
    interval: durationFlag({ description: 'how often to rotate it' }),
    offset: durationFlag({
      description: 'rotate it for the first time this long after its Initial Date',
      dependsOn: ['interval'],
    }),
    keyset: Flags.boolean({
      default: false,
      description: 'start a keyset: its uid goes on to name the latest generation',
    }),
    name: textFlag({ description: 'its Name' }),
    tag: Flags.string({ description: 'a tag; may be repeated', multiple: true }),
    owner: textFlag({ description: 'its owner', default: 'admin' }),
    'wrap-with': Flags.string({
      description: 'wrap it with this key: Unique Identifier, or a keyset’s NAME',
      helpValue: '<uid>',
    }),
    'initial-date': instantFlag({ description: 'its Initial Date (default: now)' }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(KeyCreate);
    const now = clock.now();
    const { type, algorithm, length, curve } = flags;
    const request: KeyRequest = {
      key: {
        uid: newUid(args.uid),
        owner: flags.owner,
        initialDate: flags['initial-date'] ?? now,
        name: flags.name ?? null,
        tags: [...new Set(flags.tag ?? [])],
        intervalSeconds: flags.interval ?? null,
        offsetSeconds: flags.offset ?? null,
        keyset: flags.keyset,
      },
      kind: newKeyKind({ type, algorithm, length, curve }),
      wrapWith: flags['wrap-with'],
    };
    const config = this.configuration(flags);
    await ensureDefaultStore(config, this.printer, initWriter(this.session.origin));
    return this.session.withStore(config, 'write', async (store) => {
      const candidate = await createKey(store, request, { ...this.session.writer(), now });
      const options = {
        now,
        withinSeconds: 0,
        firstDeadline: config.firstDeadline,
        ends: config.ends,
      };
      await this.printer.print(flags, [request.key.uid]);
      if (args.uid !== undefined && losesItsName(request.key)) {
        const text = `the first rotation will give the key a random uid; with --keyset it would go on as ${args.uid}`;
        this.printer.note('info', text);
      }
      return this.finish({ schema: 'kms.key/v1', key: keyView(candidate, options) }, 0);
    });
  }
}

/** Without a keyset, each replacement gets a random uid. */
function losesItsName({ intervalSeconds, keyset }: NewObject): boolean {
  return intervalSeconds !== null && !keyset;
}
