// `kms rotate extend UID`: moves the end of an overlap.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { durationFlag, uidArg } from '../../cli/flags.js';
import { formatInstant } from '../../kmip/date-time.js';
import { extendOverlap, type ExtendedOverlap } from '../../run/overlaps/extend-overlap.js';

export default class RotateExtend extends BaseCommand {
  static override summary = 'move the end of a replaced key that is still in its overlap';

  static override description = `Moves the end for all that was replaced together, such as both keys of a pair, but never beyond the end that a key had of its own. It is possible only while the present end lies ahead: nothing makes a Deactivated key Active again.`;

  static override examples = [
    '<%= config.bin %> rotate key invoices --overlap 7d',
    '<%= config.bin %> rotate extend invoices@1 --overlap 14d',
    '<%= config.bin %> rotate extend invoices@1 --end now',
  ];

  static override args = {
    uid: uidArg,
  };

  static override flags = {
    overlap: durationFlag({
      description: 'how long it stays Active from now on',
      exactlyOne: ['overlap', 'end'],
    }),
    end: Flags.string({
      description: 'end the overlap now; the next run retires the key',
      options: ['now'],
      exactlyOne: ['overlap', 'end'],
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(RotateExtend);
    const config = this.configuration(flags);
    return this.session.withExtendContext(config, async (context) => {
      const uid = await context.store.resolveUid(args.uid);
      const extended = await extendOverlap(context, uid, flags.overlap ?? 0);
      await this.printer.print(flags, linesOf(extended));
      return this.finish(extendJson(uid, extended), 0);
    });
  }
}

function* linesOf({ uids, headUid, endsAt, isCut }: ExtendedOverlap): Generator<string> {
  const own = isCut ? ', its own end' : '';
  for (const uid of uids) yield `${uid} stays Active until ${formatInstant(endsAt)}${own}`;
  yield `clients should use ${headUid}`;
}

function extendJson(uid: string, extended: ExtendedOverlap): object {
  const { uids, headUid, previousEndsAt, endsAt } = extended;
  return {
    schema: 'kms.extend/v1',
    uid,
    uids,
    headUid,
    previousEnd: formatInstant(previousEndsAt),
    end: formatInstant(endsAt),
  };
}
