// `kms status forget ID`: says that runs which did not come are not expected any more.
import { BaseCommand } from '../../cli/base-command.js';
import { textArg } from '../../cli/flags.js';
import { clock } from '../../cli/clock.js';
import { openConditionsNamed } from '../../cli/conditions-named.js';
import { KmsError } from '../../errors.js';
import { forgetRuns } from '../../run/record-missing-runs.js';
import { conditionJson } from '../../views/status/store-status.js';

export default class StatusForget extends BaseCommand {
  static override summary = 'expect runs that did not come no longer';

  static override description = `For a schedule, a shard or a set of filters that was given up. The next run tells that no such run is expected any more, and then the failure is over. If one comes after all, it is expected again.`;

  static override examples = ['<%= config.bin %> status forget "shard 2/3"'];

  static override args = {
    id: textArg({
      description:
        'id of the failure, or the filters and shard of its runs as kms status shows them',
      required: true,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(StatusForget);
    const config = this.configuration(flags);
    const now = clock.now();
    return this.session.withStore(config, 'write', async (store) => {
      const found = await openConditionsNamed(store, args.id);
      const missing = found.filter(({ kind }) => kind === 'no-run');
      if (missing.length === 0) throw aboutAKey(args.id);
      await forgetRuns(
        store,
        missing.map(({ subject }) => subject),
      );
      await this.printer.print(
        flags,
        missing.map(({ subject, id }) => `no run of ${subject} is expected any more (${id})`),
      );
      const conditions = missing.map((one) => conditionJson(one, now, config.notify));
      return this.finish({ schema: 'kms.condition/v1', conditions, count: missing.length }, 0);
    });
  }
}

function aboutAKey(id: string): KmsError {
  return new KmsError('InvalidArgument', `${JSON.stringify(id)} is not about runs`, {
    hint: 'what is wrong with a key ends when a run finds that it is over; kms status ack silences it until then',
  });
}
