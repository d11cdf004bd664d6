// picket rules check|test|match|list
import type { Command } from 'commander'
import { type Cli, createCommand } from './cli.ts'
import { rulesCheckCommand } from './rules-check.ts'
import { rulesListCommand } from './rules-list.ts'
import { rulesMatchCommand } from './rules-match.ts'
import { rulesTestCommand } from './rules-test.ts'

export function rulesCommand(cli: Cli): Command {
  return createCommand('rules', 'detection rules (Sigma)', [
    ['every mistake with its place', 'rules check --rules rules.d'],
    ['what a rule would find in events', 'rules match --rules my-rule.yml < events.ndjson'],
  ])
    .addCommand(rulesCheckCommand(cli))
    .addCommand(rulesTestCommand(cli))
    .addCommand(rulesListCommand(cli))
    .addCommand(rulesMatchCommand(cli))
}
