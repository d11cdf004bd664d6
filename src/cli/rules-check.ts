// picket rules check: every mistake in rule files.
import type { Command } from 'commander'
import { type Cli, createCommand } from './cli.ts'
import { addConfigOption } from './config-option.ts'
import { type RuleOptions, reportRules, rulePaths } from './rule-paths.ts'
import { addVariableOption, type VariableOptions } from './variable-option.ts'

export function rulesCheckCommand(cli: Cli): Command {
  const command = createCommand('check', 'find mistakes in rules', [
    ['the rules in use', 'rules check'],
    ['a folder and a file', 'rules check --rules rules.d my-rule.yml'],
  ]).option('--rules <path...>', 'rule files or folders (default: those of the configuration)')
  return addVariableOption(addConfigOption(command))
    .addHelpText(
      'after',
      '\nEvery finding is one line: file:line:column [kind] reason. Exit code 1: a rule has an error.',
    )
    .action(async (options: RuleOptions & VariableOptions) => {
      await reportRules(rulePaths(options, cli), cli, options.var)
    })
}
