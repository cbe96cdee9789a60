// `kms policy apply FILE`: gives all keys of a store the policies that a file describes.
import { Args, Flags } from '@oclif/core';
import { planRules } from '../../policies/plan-rules.js';
import { PolicyCommand } from '../../cli/policy-command.js';
import { readPolicyFile } from '../../policies/policy-file.js';

export default class PolicyApply extends PolicyCommand {
  static override summary = 'give all keys the policies that a file describes';

  static override description = `The first rule that matches a key counts. Keys that no rule matches, and those that match rules that disagree, are listed. Applying a file again changes nothing.`;

  static override examples = [
    '<%= config.bin %> policy apply policies.toml --dry-run',
    '<%= config.bin %> policy apply policies.toml --yes',
  ];

  static override args = {
    file: Args.string({ description: 'policy file, - for standard input', required: true }),
  };

  static override flags = {
    'dry-run': Flags.boolean({ description: 'show what would be changed', default: false }),
    yes: Flags.boolean({
      char: 'y',
      description: 'go on without asking though many keys would be due at once',
      default: false,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(PolicyApply);
    const config = this.configuration(flags);
    const rules = readPolicyFile(args.file);
    return this.changePolicies(config, flags, (store, options) => planRules(store, options, rules));
  }
}
