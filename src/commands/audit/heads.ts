// `kms audit heads`: the newest rows of the rotation log, to be written down elsewhere.
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { formatInstant } from '../../kmip/date-time.js';
import { headText } from '../../report/audit/head-text.js';
import { newestHeads } from '../../report/audit/newest-heads.js';

export default class AuditHeads extends BaseCommand {
  static override summary = 'print the newest rows of the rotation log, to write down elsewhere';

  static override description = `Prints a line for each chain of the log that no later chain names yet, as CHAIN:ROW:HASH. Keep them where nobody who writes the database can reach: kms audit verify --head then finds whether the end of the log was altered or removed since.`;

  static override examples = [
    '<%= config.bin %> audit heads',
    '<%= config.bin %> audit heads --json',
  ];

  async run(): Promise<object> {
    const { flags } = await this.parse(AuditHeads);
    const config = this.configuration(flags);
    const newest = await this.session.withStore(config, 'read', newestHeads);
    const heads = newest.map(({ chain, seq, hash, at, runId }) => {
      return { chain, seq, hash, at, run: runId };
    });
    await this.printer.print(flags, heads.map(headText));
    const store = await this.session.storeLabel(config);
    return this.finish(
      {
        schema: 'kms.audit-heads/v1',
        store,
        now: formatInstant(clock.now()),
        heads,
        count: heads.length,
      },
      0,
    );
  }
}
