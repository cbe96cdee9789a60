// `kms due list`: what is due, what becomes due, and why or why not.
import { Flags } from '@oclif/core';
import {
  BaseCommand,
  durationFlag,
  filterFlags,
  listFlags,
  LOOKING,
} from '../../cli/base-command.js';
import { expiringCertificates, type ExpiringCertificate } from '../../views/certificate-view.js';
import { clock } from '../../cli/clock.js';
import { dueListJson, listedKey, type ListedKey } from '../../views/due-list.js';
import { byDeadline, inDeadlineOrder, type DuePage } from '../../views/due-order.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { findStaleDependants, type StaleDependant } from '../../survey/stale-dependants.js';
import { expiringTable } from '../../views/certificate-lines.js';
import { dueTable, explainedTable } from '../../views/due-table.js';
import type { ListRequest } from '../../output/listing.js';
import { compareUids } from '../../rotation/plan.js';
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import type { Store } from '../../store/open.js';
import {
  collect,
  duePages,
  dueCandidates,
  explainedCandidates,
  type EvaluatedCandidate,
  type SurveyFilters,
} from '../../survey/survey.js';

export default class DueList extends BaseCommand {
  static override summary = 'list the keys whose rotation deadline has passed';

  static override description = `Lists by deadline, the longest overdue first. A key whose deadline cannot be reckoned is always listed. With --explain a table begins with how many there are of each verdict, and what a run has to do with comes first.

With --check nothing is printed: exit code 0 says that "kms rotate due" would have something to do or to report, 1 that it would not, 255 that this could not be told.`;

  static override examples = [
    '<%= config.bin %> due list',
    '<%= config.bin %> due list --within 30d --owner ops@example.org',
    '<%= config.bin %> due list --explain --json',
    '<%= config.bin %> due list --expiring 30d',
  ];

  static override flags = {
    ...filterFlags,
    ...listFlags,
    within: durationFlag({ description: 'also list what becomes due within this time' }),
    explain: Flags.boolean({
      description: 'list every object that has a policy, and why it is or is not due',
      default: false,
    }),
    expiring: durationFlag({
      description: 'also list the Active certificates that end within this time, policy or not',
    }),
    check: Flags.boolean({
      description: 'print nothing, answer by exit code',
      exclusive: ['within', 'explain', 'expiring', 'json', 'csv'],
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(DueList);
    const config = this.configuration(flags);
    const now = clock.now();
    const { firstDeadline } = config;
    const terms: EvaluationOptions = { now, withinSeconds: flags.within ?? 0, firstDeadline };
    const filters = { owner: flags.owner, tags: flags.tag ?? [], objectType: flags.type };
    return this.withStore(config, 'read', async (store) => {
      if (flags.check) return this.answer(store, terms, filters);
      const listed = (evaluated: EvaluatedCandidate) => listedKey(evaluated, now, config.serverKek);
      const { explain, expiring: withinSeconds } = flags;
      const expiring =
        withinSeconds === undefined
          ? null
          : await expiringCertificates(store, { now, withinSeconds }, filters);
      if (!explain && !this.jsonEnabled()) {
        const pages = inDeadlineOrder(listedPages(duePages(store, terms, filters), listed));
        await this.page(flags, this.lines(pages, expiring, now, flags));
        return this.finish({}, 0);
      }
      const found = explain ? explainedCandidates : dueCandidates;
      const keys = await this.busy(LOOKING, () => collect(found(store, terms, filters), listed));
      keys.sort(byDeadline);
      const staleDependants = explain ? await staleDependantsByUid(store, filters) : null;
      await this.page(flags, this.explained(keys, staleDependants ?? [], expiring, now, flags));
      return this.finish(dueListJson(keys, now, { staleDependants, expiring }), 0);
    });
  }

  private async answer(
    store: Store,
    terms: EvaluationOptions,
    filters: SurveyFilters,
  ): Promise<object> {
    const { done } = await dueCandidates(store, terms, filters).next();
    const something = done !== true || (await anyStaleDependant(store, filters));
    return this.finish({}, something ? 0 : 1);
  }

  private async *lines(
    pages: AsyncIterable<readonly ListedKey[]>,
    expiring: readonly ExpiringCertificate[] | null,
    now: EpochSeconds,
    request: ListRequest,
  ): AsyncGenerator<string> {
    let something = false;
    for await (const line of dueTable(pages, now, this.out, request)) {
      something = true;
      yield line;
    }
    if (!something && this.out.isTerminal) yield 'Nothing is due.';
    if (!request.csv) yield* this.endings(expiring, now, something);
  }

  private *explained(
    keys: readonly ListedKey[],
    staleDependants: readonly StaleDependant[],
    expiring: readonly ExpiringCertificate[] | null,
    now: EpochSeconds,
    request: ListRequest,
  ): Generator<string> {
    yield* explainedTable(keys, { now, staleDependants }, this.out, request);
    if (request.csv) return;
    if (keys.length === 0 && this.out.isTerminal) yield 'No object has a rotation policy.';
    yield* this.endings(expiring, now, keys.length > 0);
  }

  private *endings(
    expiring: readonly ExpiringCertificate[] | null,
    now: EpochSeconds,
    follows: boolean,
  ): Generator<string> {
    if (expiring === null) return;
    if (follows && expiring.length > 0) yield '';
    yield* expiringTable(expiring, now, this.out);
    if (expiring.length === 0 && this.out.isTerminal) yield 'No certificate ends in that time.';
  }
}

async function* listedPages(
  pages: AsyncIterable<{
    readonly evaluated: readonly EvaluatedCandidate[];
    readonly from: EpochSeconds;
  }>,
  listed: (evaluated: EvaluatedCandidate) => ListedKey,
): AsyncGenerator<DuePage> {
  for await (const { evaluated, from } of pages) yield { keys: evaluated.map(listed), from };
}

async function staleDependantsByUid(
  store: Store,
  filters: SurveyFilters,
): Promise<readonly StaleDependant[]> {
  const found = (await collect(findStaleDependants(store, filters))).flat();
  return found.sort((a, b) => compareUids(a.uid, b.uid));
}

/** A run would mend it. */
async function anyStaleDependant(store: Store, filters: SurveyFilters): Promise<boolean> {
  for await (const page of findStaleDependants(store, filters)) if (page.length > 0) return true;
  return false;
}
