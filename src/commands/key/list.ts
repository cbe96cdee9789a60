// `kms key list`: every object of the store.
import { BaseCommand, filterFlags, listFlags, LOOKING } from '../../cli/base-command.js';
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
    const terms: EvaluationOptions = { now, withinSeconds: 0, firstDeadline: config.firstDeadline };
    return this.withStore(config, 'read', async (store) => {
      const asked = { owner: flags.owner, tags: flags.tag ?? [] };
      const all = await this.busy(LOOKING, () => viewsOf(store, terms, asked));
      const keys = all.filter(({ objectType }) => [undefined, objectType].includes(flags.type));
      if (flags.csv || keys.length > 0) {
        await this.page(flags, keyTable(keys, now, this.out, flags));
      } else if (this.out.isTerminal) {
        await this.print(flags, ['No such object.']);
      }
      return this.finish({ schema: 'kms.key-list/v1', keys, count: keys.length }, 0);
    });
  }
}

async function viewsOf(
  store: Store,
  terms: EvaluationOptions,
  filters: { owner: string | undefined; tags: readonly string[] },
): Promise<readonly KeyView[]> {
  const views: KeyView[] = [];
  for await (const page of store.findAll(filters)) {
    const candidates = await store.load(page.map(({ id }) => id));
    views.push(...candidates.map((candidate) => keyView(candidate, terms)));
  }
  return views.sort((a, b) =>
    byDeadlineThenUid({ uid: a.uid, deadlineAt: 0 }, { uid: b.uid, deadlineAt: 0 }),
  );
}
