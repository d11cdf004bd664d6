// picket rules list: the rules in use.
import type { Command } from 'commander'
import { visible } from '../base/visible.ts'
import { type Cli, createCommand } from './cli.ts'
import { addConfigOption } from './config-option.ts'
import { type RuleOptions, rulePaths } from './rule-paths.ts'

type Options = RuleOptions & { readonly json?: true }

export function rulesListCommand(cli: Cli): Command {
  const command = createCommand('list', 'the rules in use', [['all', 'rules list']])
    .option('--rules <path...>', 'rule files or folders (default: those of the configuration)')
    .option('--json', 'one JSON object per line')
  return addConfigOption(command).action(async (options: Options) => {
    const { loadRules } = await import('../detect/rules.ts')
    for (const { info } of loadRules(rulePaths(options, cli)).rules) {
      const techniques = info.techniques.length === 0 ? '' : ` [${info.techniques.join(', ')}]`
      const line = `${info.level.padEnd(13)} ${visible(info.title)}${visible(techniques)} (${visible(info.id)})`
      await cli.io.out(`${options.json ? JSON.stringify(info) : line}\n`)
    }
  })
}
