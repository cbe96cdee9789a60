// `kms key list`: lists the objects of the store.
import { BaseCommand } from '../../cli/base-command.js';
import { filterFlags, listFlags } from '../../cli/flags.js';
import { LOOKING } from '../../cli/printing.js';
import { clock } from '../../cli/clock.js';
import { keyView, type KeyView } from '../../views/key-view.js';
import { keyTable } from '../../views/key-details.js';
import { byDeadlineThenUid } from '../../rotation/plan.js';
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import type { Store } from '../../store/open.js';

export default class KeyList extends BaseCommand {
  static override summary = 'list the objects of the store';

  static override examples = [
    '<%= config.bin %> key list',
    '<%= config.bin %> key list --tag env:prod --type SymmetricKey --json',
  ];

  static override flags = { ...filterFlags, ...listFlags };

  async run(): Promise<object> {
    const { flags } = await this.parse(KeyList);
    const config = this.configuration(flags);
    const now = clock.now();
    const options = { now, withinSeconds: 0, firstDeadline: config.firstDeadline };
    return this.session.withStore(config, 'read', async (store) => {
      const asked = { owner: flags.owner, tags: flags.tag ?? [] };
      const all = await this.printer.whileBusy(LOOKING, () => viewsOf(store, options, asked));
      const keys = all.filter(({ objectType }) => [undefined, objectType].includes(flags.type));
      if (flags.csv || keys.length > 0) {
        await this.printer.page(flags, keyTable(keys, now, this.printer.out, flags));
      } else if (this.printer.out.isTerminal) {
        await this.printer.print(flags, ['No such object.']);
      }
      return this.finish({ schema: 'kms.key-list/v1', keys, count: keys.length }, 0);
    });
  }
}

async function viewsOf(
  store: Store,
  options: EvaluationOptions,
  filters: { owner: string | undefined; tags: readonly string[] },
): Promise<readonly KeyView[]> {
  const views: KeyView[] = [];
  for await (const page of store.findAll(filters)) {
    const candidates = await store.load(page.map(({ id }) => id));
    views.push(...candidates.map((candidate) => keyView(candidate, options)));
  }
  return views.sort((a, b) =>
    byDeadlineThenUid({ uid: a.uid, deadlineAt: 0 }, { uid: b.uid, deadlineAt: 0 }),
  );
}
