// picket rules match: events as NDJSON on standard input → one line per hit.
import type { Command } from 'commander'
import { PicketError } from '../base/errors.ts'
import { type Cli, createCommand } from './cli.ts'
import { addConfigOption } from './config-option.ts'
import { readLines } from './lines.ts'
import { type RuleOptions, rulePaths } from './rule-paths.ts'
import { addVariableOption, type VariableOptions } from './variable-option.ts'

type Options = RuleOptions & VariableOptions & { readonly ignoreLogsource?: true }

export function rulesMatchCommand(cli: Cli): Command {
  const { io, exit } = cli
  const command = createCommand('match', 'try rules on events', [
    [
      'flat Sigma events or records of Picket, one JSON object per line',
      'rules match --rules my-rule.yml < events.ndjson',
    ],
    ['from syslog lines', 'parse < frames.txt | picket rules match'],
  ])
    .option('--rules <path...>', 'rule files or folders (default: those of the configuration)')
    .option('--ignore-logsource', 'try every rule, whatever log it is written for')
  return addVariableOption(addConfigOption(command))
    .addHelpText(
      'after',
      '\nA hit is {"rule","id","level","event"}. Exit code 1: no rule matched; 2: a rule or an event has a mistake.',
    )
    .action(async (options: Options) => {
      const matcher = await loadMatcher(options, cli)
      let hits = 0
      let line = 0
      for await (const bytes of readLines(io.input)) {
        line++
        const text = bytes.toString('utf8').trim()
        if (text === '') continue
        const found = matcher.match(parseEvent(text, line), { ignoreLogSource: options.ignoreLogsource === true })
        for (const { rule, id, level } of found) {
          hits++
          // The event goes out as it came in, byte for byte.
          await io.out(
            `{"rule":${JSON.stringify(rule)},"id":${JSON.stringify(id)},"level":"${level}","event":${text}}\n`,
          )
        }
      }
      if (hits === 0) exit(1)
    })
}

/** Errors: RULE_INVALID with every mistake: a hit that is missing must not be the fault of a rule that was left out. */
async function loadMatcher(options: Options, cli: Cli) {
  const [{ loadRules, printFinding }, { createMatcher }] = await Promise.all([
    import('../detect/rules.ts'),
    import('../detect/match.ts'),
  ])
  const { rules, findings } = loadRules(rulePaths(options, cli), { variables: options.var ?? {} })
  const errors = findings.filter(finding => finding.severity === 'error')
  if (errors.length > 0) throw new PicketError('RULE_INVALID', errors.map(printFinding).join('\n'))
  const infos = new Map(rules.map(({ info }) => [info.id, info]))
  const matcher = createMatcher(rules)
  return {
    match(event: unknown, how: { readonly ignoreLogSource: boolean }) {
      return matcher.matchEvent(event, how).flatMap(id => {
        const info = infos.get(id)
        return info === undefined ? [] : [{ rule: info.name ?? info.id, id: info.id, level: info.level }]
      })
    },
  }
}

function parseEvent(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new PicketError('BAD_REQUEST', `event ${line} is no JSON: ${(cause as Error).message}`, { cause })
  }
}
