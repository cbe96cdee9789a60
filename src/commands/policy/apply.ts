// `kms policy apply FILE`: gives all keys of a store the policies that a file describes.
import { planRules } from '../../policies/plan-rules.js';
import { planAndChangePolicies } from '../../cli/change-policies.js';
import { BaseCommand } from '../../cli/base-command.js';
import { policyChangeFlags, textArg } from '../../cli/flags.js';
import { readPolicyFile } from '../../policies/policy-file.js';

export default class PolicyApply extends BaseCommand {
  static override summary = 'set the rotation policies that a file describes';

  static override description = `The first rule that matches a key decides. Keys that no rule matches are listed, and so are keys whose matching rules disagree. Applying a file again changes nothing.`;

  static override examples = [
    '<%= config.bin %> policy apply policies.toml --dry-run',
    '<%= config.bin %> policy apply policies.toml --yes',
  ];

  static override args = {
    file: textArg({ description: 'policy file, - for standard input', required: true }),
  };

  static override flags = {
    ...policyChangeFlags,
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(PolicyApply);
    const config = this.configuration(flags);
    const rules = readPolicyFile(args.file);
    const { session, printer } = this;
    const command = { session, printer, config, flags };
    const { document, exitCode } = await planAndChangePolicies(command, (store, options) =>
      planRules(store, options, rules),
    );
    return this.finish(document, exitCode);
  }
}
