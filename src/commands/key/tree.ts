// `kms key tree UID`: draws the objects wrapped by a key, and says whether the key may be destroyed.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { uidArg } from '../../cli/flags.js';
import { mayBeDestroyed, dependantsTree } from '../../views/keys/dependants-tree.js';
import { treeDrawing } from '../../views/keys/tree-drawing.js';

export default class KeyTree extends BaseCommand {
  static override summary = 'draw the objects wrapped by a key';

  static override description = `Draws the objects that a key wraps, and what those wrap in turn. Destroyed objects have no key material and are left out.

With --check nothing is printed: exit code 0 says that the key may be destroyed, as it is not Active and wraps nothing, 1 that it may not, 255 that an error kept kms from finding out.`;

  static override examples = [
    '<%= config.bin %> key tree kek-eu',
    '<%= config.bin %> key tree kek-eu@first --check && echo may be destroyed',
  ];

  static override args = {
    uid: uidArg,
  };

  static override flags = {
    check: Flags.boolean({
      description: 'print nothing; answer by the exit code whether it may be destroyed',
      exclusive: ['json'],
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(KeyTree);
    const config = this.configuration(flags);
    return this.session.withStore(config, 'read', async (store) => {
      const tree = await dependantsTree(store, await store.resolveUid(args.uid));
      const destroyable = mayBeDestroyed(tree);
      if (flags.check) return this.finish({}, destroyable ? 0 : 1);
      await this.printer.print(flags, treeDrawing(tree, this.printer.out));
      return this.finish({ schema: 'kms.tree/v1', tree, mayBeDestroyed: destroyable }, 0);
    });
  }
}
