// `kms key create`: a symmetric key in a store without a server.
import { randomUUID } from 'node:crypto';
import { Args, Flags } from '@oclif/core';
import { BaseCommand, countFlag, durationFlag, instantFlag } from '../../base-command.js';
import { clock } from '../../clock.js';
import { SYMMETRIC_ALGORITHMS } from '../../crypto/symmetric-key.js';
import { KmsError } from '../../errors.js';
import { createSymmetricKey } from '../../flows/create.js';
import { newWrappingBy, type Wrapping } from '../../flows/wrapping.js';
import { keyView } from '../../key-view.js';
import { initialise } from '../../store/init.js';
import { BUSY_TIMEOUT_MS, type Store } from '../../store/open.js';

const DEFAULT_BITS = 256;

export default class KeyCreate extends BaseCommand {
  static override summary = 'create a symmetric key';

  static override description = `Prints the new key’s Unique Identifier. The default store is made on first use.`;

  static override examples = [
    '<%= config.bin %> key create --interval 30d',
    '<%= config.bin %> key create invoices --keyset --interval 90d --offset 7d --tag env:prod',
  ];

  static override args = {
    uid: Args.string({ description: 'Unique Identifier; a random UUID if none is given' }),
  };

  static override flags = {
    algorithm: Flags.string({
      description: 'Cryptographic Algorithm',
      options: [...SYMMETRIC_ALGORITHMS],
      default: 'AES',
      helpValue: '<algorithm>',
    }),
    length: countFlag({ description: 'length in bits', default: DEFAULT_BITS }),
    interval: durationFlag({ description: 'rotate it this often' }),
    offset: durationFlag({
      description: 'rotate it for the first time this long after its Initial Date',
      dependsOn: ['interval'],
    }),
    keyset: Flags.boolean({
      default: false,
      description: 'make it generation 0 of a keyset named by its uid',
    }),
    name: Flags.string({ description: 'a Name for it' }),
    tag: Flags.string({ description: 'a tag; may be repeated', multiple: true }),
    owner: Flags.string({ description: 'its owner', default: 'admin' }),
    'wrap-with': Flags.string({
      description: 'wrap it with this key: Unique Identifier, or a keyset’s NAME',
      helpValue: '<uid>',
    }),
    'initial-date': instantFlag({ description: 'when it came to be; now if not given' }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(KeyCreate);
    const config = this.configuration(flags);
    if (config.databaseIsDefault) {
      await initialise(config.databaseUrl, { mode: 'write', busyTimeoutMs: BUSY_TIMEOUT_MS });
    }
    const now = clock.now();
    const key = {
      uid: args.uid ?? randomUUID(),
      owner: flags.owner,
      algorithm: flags.algorithm,
      lengthBits: flags.length,
      initialDate: flags['initial-date'] ?? now,
      name: flags.name ?? null,
      tags: [...new Set(flags.tag ?? [])],
      intervalSeconds: flags.interval ?? null,
      offsetSeconds: flags.offset ?? null,
      keyset: flags.keyset,
    };
    return this.withStore(config, 'write', async (store) => {
      const wrapping = await wrappingBy(store, flags['wrap-with']);
      const row = createSymmetricKey(key, wrapping);
      const taken = !(await store.create(row, [...key.tags, '_kk']));
      if (taken) {
        throw new KmsError('UidTaken', `there is an object ${JSON.stringify(row.id)} already`, {
          uid: row.id,
          hint: 'choose another uid, or leave it out for a random one',
        });
      }
      const [subject] = await store.load([row.id]);
      if (subject === undefined) throw new TypeError('a key that was just created is not there');
      const terms = { now, withinSeconds: 0, firstDeadline: config.firstDeadline };
      this.print(flags, [row.id]);
      return this.finish({ schema: 'kms.key/v1', key: keyView(subject, terms) }, 0);
    });
  }
}

/** The wrapping key is loaded just before, and looked at again in the transaction. */
async function wrappingBy(store: Store, address: string | undefined): Promise<Wrapping | null> {
  if (address === undefined) return null;
  const uid = await store.resolveUid(address);
  const [subject] = await store.load([uid]);
  if (subject === undefined) {
    throw new KmsError('UnknownUid', `${JSON.stringify(uid)} was deleted meanwhile`, { uid });
  }
  if (subject.object instanceof KmsError) throw subject.object;
  return newWrappingBy(subject.object, subject.neighbours);
}
