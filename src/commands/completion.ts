// `kms completion SHELL`: prints a script that completes commands, flags and uids.
import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { completionScript, SHELLS } from '../cli/completion-scripts.js';

export default class Completion extends BaseCommand {
  static override summary = 'print a script that completes commands, flags and uids in a shell';

  static override examples = [
    'eval "$(<%= config.bin %> completion bash)"',
    '<%= config.bin %> completion fish | source',
  ];

  static override args = {
    shell: Args.option({ options: [...SHELLS] })({
      description: 'the shell',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Completion);
    const script = completionScript(args.shell);
    await this.printer.print(flags, [script.trimEnd()]);
    return this.finish({ schema: 'kms.completion/v1', shell: args.shell, script }, 0);
  }
}
