// `kms audit change-key`: from now on another key seals the rotation log, or none.
import { hostname } from 'node:os';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { osUser } from '../../cli/run-context.js';
import { KmsError } from '../../errors.js';
import { formatInstant } from '../../kmip/date-time.js';
import { readAuditKeys, readSealingKey } from '../../settings/audit-key-files.js';

export default class AuditChangeKey extends BaseCommand {
  static override summary = 'change the key that seals the rotation log';

  static override description = `Writes one entry that the old key seals, and that names the new one: the key of the setting audit.key_file, or none if that is not set. From then on kms refuses to write without the new key. Keep the old key: kms audit verify needs it for the entries from before.

A log that no key seals yet needs no such change: the first run with audit.key_file brings the key in. Change the key while no run is at work.`;

  static override examples = [
    '<%= config.bin %> audit change-key --old-key-file /etc/kms/audit-2025.key',
  ];

  static override flags = {
    'old-key-file': Flags.string({
      description: 'file of the key that seals the log so far',
      helpValue: '<file>',
      required: true,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(AuditChangeKey);
    const config = this.configuration(flags);
    const oldFile = flags['old-key-file'];
    const from = readSealingKey(oldFile, '--old-key-file');
    const { sealing: to } = readAuditKeys(config);
    if (to?.id === from.id) throw unchanged(from.id);
    const writer = {
      ...{ runId: this.session.origin.runId, at: formatInstant(clock.now()) },
      ...{ host: hostname(), osUser: osUser(), version: this.config.version },
    };
    await this.session.withStore({ ...config, sealingKeyFile: oldFile }, 'write', (store) =>
      store.changeAuditKey(writer, to),
    );
    await this.printer.print(flags, [
      to === null
        ? 'no key seals the rotation log from now on'
        : `the key ${to.id} seals the rotation log from now on`,
      `keep the key ${from.id}: kms audit verify needs it for the entries from before`,
    ]);
    const document = { schema: 'kms.audit-change-key/v1', from: from.id, to: to?.id ?? null };
    return this.finish(document, 0);
  }
}

function unchanged(id: string): KmsError {
  return new KmsError(
    'InvalidArgument',
    `--old-key-file and audit.key_file are the same key, ${id}`,
    { hint: 'set audit.key_file to the file of the new key, or leave it out for none' },
  );
}
