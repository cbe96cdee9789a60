// `kms history [UID]`: lists what past runs did.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { clock } from '../cli/clock.js';
import { howFar } from '../cli/progress/counted-store.js';
import {
  countFlag,
  durationFlag,
  listFlags,
  listRequestOf,
  textFlag,
  textArg,
} from '../cli/flags.js';
import { LOOKING } from '../cli/printing.js';
import { KmsError } from '../errors.js';
import { formatInstant } from '../kmip/date-time.js';
import type { Store } from '../store/store.js';
import { LOG_OUTCOMES, type LogEntry } from '../store/own/rotation-log.js';
import {
  activeConditions,
  conditionRef,
  type ActiveConditions,
} from '../views/status/active-conditions.js';
import { historyTable } from '../views/history-table.js';
import { uidsOfKeyset } from '../views/keys/lineage.js';

const USUAL_LIMIT = 1000;

/** Of many objects only `kms status` says what is wrong. */
const NONE: ActiveConditions = new Map();

export default class History extends BaseCommand {
  static override summary = 'list what past runs did: when, by whom, and why something failed';

  static override description = `Reads the rotation log, the newest entry first. With UID it lists the entries in which that object was replaced, is the replacement, or was re-wrapped, even if it is no longer in the store. A keyset’s NAME stands for all of its generations, NAME@N for one.`;

  static override examples = [
    '<%= config.bin %> history',
    '<%= config.bin %> history invoices --json',
    '<%= config.bin %> history --outcome failed --since 7d',
  ];

  static override args = {
    uid: textArg({ description: 'Unique Identifier, or a keyset’s NAME, NAME@N' }),
  };

  static override flags = {
    ...listFlags,
    outcome: Flags.custom<LogEntry['outcome']>({
      options: [...LOG_OUTCOMES],
    })({
      description: 'only entries with this outcome',
      helpValue: '<outcome>',
    }),
    since: durationFlag({ description: 'only entries no older than this' }),
    run: textFlag({ description: 'only entries of this run', helpValue: '<run id>' }),
    limit: countFlag({ description: 'list at most this many entries', default: USUAL_LIMIT }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(History);
    const config = this.configuration(flags);
    const now = clock.now();
    const { entries, conditions } = await this.session.withStore(config, 'read', async (store) => {
      const filters = {
        uids: args.uid === undefined ? undefined : await uidsOf(store, args.uid),
        runId: flags.run,
        outcome: flags.outcome,
        since: flags.since === undefined ? undefined : formatInstant(now - flags.since),
      };
      const { uids } = filters;
      const lasting = uids === undefined ? NONE : await activeConditions(store);
      return {
        entries: await this.printer.whileBusy(LOOKING, (progress) =>
          newest(store.findLogEntries(filters, howFar(progress)), flags.limit),
        ),
        conditions: uids?.flatMap((uid) => lasting.get(uid) ?? []) ?? [],
      };
    });
    const request = { ...listRequestOf(flags), uid: args.uid, conditions };
    if (request.csv || entries.length + conditions.length > 0) {
      await this.printer.page(flags, historyTable(entries, now, this.printer.out, request));
    } else if (this.printer.out.isTerminal) {
      const more = args.uid === undefined ? '' : '; kms due list --explain says whether it is due';
      await this.printer.print(flags, [`The log has no such entry${more}.`]);
    }
    const lasting = conditions.map((one) => conditionRef(one, now));
    const document = { entries, count: entries.length, conditions: lasting };
    return this.finish({ schema: 'kms.history/v1', ...document }, 0);
  }
}

/** A keyset’s name stands for all of its generations. A deleted object is still in the log, under its uid. */
async function uidsOf(
  store: Pick<Store, 'resolveUid' | 'load' | 'existingUids'>,
  text: string,
): Promise<readonly string[]> {
  try {
    return await uidsOfKeyset(store, text, await store.resolveUid(text));
  } catch (error) {
    if (error instanceof KmsError && error.reason === 'UnknownUid') return [text];
    throw error;
  }
}

async function newest(
  pages: AsyncIterable<readonly LogEntry[]>,
  limit: number,
): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const page of pages) {
    entries.push(...page.slice(0, limit - entries.length));
    if (entries.length >= limit) break;
  }
  return entries;
}
