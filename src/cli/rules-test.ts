// picket rules test: the cases beside the rules (`x.test.yml` for `x.yml`).
import type { Command } from 'commander'
import { visible } from '../base/visible.ts'
import type { LogRecord } from '../model/record.ts'
import { type Cli, createCommand } from './cli.ts'
import { addConfigOption } from './config-option.ts'
import { type RuleOptions, rulePaths } from './rule-paths.ts'

type Options = RuleOptions & { readonly verbose?: true }

export function rulesTestCommand(cli: Cli): Command {
  const { io, exit } = cli
  const command = createCommand('test', 'run the test cases beside the rules', [
    ['the rules in use', 'rules test'],
    ['a folder', 'rules test --rules rules.d'],
  ])
    .option('--rules <path...>', 'rule folders (default: those of the configuration)')
    .option('--verbose', 'name the cases that passed too')
  return addConfigOption(command)
    .addHelpText('after', '\nExit code 1: a case failed or a file has a mistake.')
    .action(async (options: Options) => {
      const paths = rulePaths(options, cli)
      const [{ loadRules, printFinding }, { loadRuleTests, runRuleTests }] = await Promise.all([
        import('../detect/rules.ts'),
        import('../detect/rule-test.ts'),
      ])
      const { rules, findings: mistakes } = loadRules(paths)
      const { results, findings } = runRuleTests(rules, loadRuleTests(paths), await lineParser(io.clock.now()))
      const errors = [...mistakes, ...findings].filter(finding => finding.severity === 'error')
      const failed = results.filter(result => result.failure !== undefined)
      for (const finding of errors) await io.out(`${printFinding(finding)}\n`)
      for (const { file, line, name, failure } of options.verbose ? results : failed) {
        await io.out(`${file}:${line} ${visible(name)}: ${failure === undefined ? 'passed' : visible(failure)}\n`)
      }
      if (errors.length + failed.length > 0) exit(1)
      io.err(`${results.length} cases, ${failed.length} failed; ${rules.length} rules, ${errors.length} mistakes\n`)
    })
}

/** The raw line of a case as the receivers would read it. */
async function lineParser(receivedAt: number): Promise<(line: string) => LogRecord> {
  const { recordOf, rowOfFrame } = await import('../parse/record.ts')
  const origin = { peer: '192.0.2.1', transport: 'udp', timeZone: 'UTC', charset: 'windows-1252' } as const
  return line => recordOf(rowOfFrame(Buffer.from(line, 'utf8'), receivedAt, origin), '')
}
