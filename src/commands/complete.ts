// `kms complete -- WORD…`: prints what may complete the last word, one candidate per line. The scripts of
// completion-scripts.ts run it.
import type { Command } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { complete, withKeysetNames, type CommandSummary } from '../cli/completion.js';

/** Flags whose value is a uid. */
const UID_FLAGS = ['wrap-with', 'issuer'];

/** More would not help the user. */
const MOST_UIDS = 200;

export default class Complete extends BaseCommand {
  static override hidden = true;

  static override strict = false;

  async run(): Promise<object> {
    const { flags } = await this.parse(Complete);
    // The parser drops every `--`, which the line to complete may end with.
    const line = this.argv.slice(this.argv.indexOf('--') + 1);
    const commands = this.config.commands.filter(({ hidden }) => !hidden);
    const found = complete(line, commands.map(summaryOf));
    const { uidsFrom } = found;
    const uids =
      uidsFrom === null
        ? []
        : await this.session.withStore(this.configuration(flags), 'read', (store) =>
            store.uidsWithPrefix(uidsFrom.replace(/@.*$/, ''), MOST_UIDS),
          );
    const words = [...found.words, ...withKeysetNames(uids, uidsFrom ?? '')];
    await this.printer.print(flags, words);
    return this.finish({ words }, 0);
  }
}

function summaryOf({ id, flags, args }: Command.Loadable): CommandSummary {
  return {
    id,
    takesUid: Object.keys(args).includes('uid'),
    flags: Object.values(flags).map((flag) => ({
      name: flag.name,
      takesValue: flag.type === 'option',
      options: flag.type === 'option' ? (flag.options ?? []) : [],
      takesUid: UID_FLAGS.includes(flag.name),
    })),
  };
}
