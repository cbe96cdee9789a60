// `kms key show UID`: shows one object, without its key material.
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { uidArg } from '../../cli/flags.js';
import { KmsError } from '../../errors.js';
import { errorJson } from '../../report/error-json.js';
import { loadByAddress } from '../../store/find/load-by-address.js';
import { certificateLinks, certificatesUsing } from '../../survey/certificate-links.js';
import { certificateDetails } from '../../views/keys/certificate-lines.js';
import { certificateIn } from '../../views/keys/certificate-view.js';
import { keyDetails } from '../../views/keys/key-details.js';
import { keyView } from '../../views/keys/key-view.js';

export default class KeyShow extends BaseCommand {
  static override summary = 'show one object; never its key material';

  static override examples = [
    '<%= config.bin %> key show invoices',
    '<%= config.bin %> key show invoices@first --json',
  ];

  static override args = {
    uid: uidArg,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(KeyShow);
    const config = this.configuration(flags);
    const now = clock.now();
    return this.session.withStore(config, 'read', async (store) => {
      const candidate = await loadByAddress(store, args.uid);
      const options = {
        now,
        withinSeconds: 0,
        firstDeadline: config.firstDeadline,
        ends: config.ends,
      };
      const { certificate, error } = await certificateIn(candidate.object);
      const view = keyView(candidate, options);
      const key = error === null ? view : { ...view, error: errorJson(error) };
      const { object, relatedObjects } = candidate;
      const usedBy =
        object instanceof KmsError
          ? []
          : certificatesUsing(object, relatedObjects, await certificateLinks(store));
      await this.printer.print(flags, keyDetails(key, now, this.printer.out, usedBy));
      if (certificate === null) {
        return this.finish({ schema: 'kms.key/v1', key, usedByCertificates: usedBy }, 0);
      }
      await this.printer.print(flags, certificateDetails(certificate, now, this.printer.out));
      return this.finish({ schema: 'kms.key/v1', key, certificate }, 0);
    });
  }
}
