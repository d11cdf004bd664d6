// picket alerts list|show|ack|close
import { userInfo } from 'node:os'
import { Argument, type Command, Option } from 'commander'
import { PicketError } from '../base/errors.ts'
import { visible } from '../base/visible.ts'
import { type Alert, type AlertState, alertStates } from '../model/alert.ts'
import { type Cli, createCommand } from './cli.ts'
import { addDataOptions, type ConfigOptions } from './config-option.ts'
import { wholeNumber } from './number-option.ts'
import { recordText } from './record-text.ts'
import { withState } from './with-state.ts'

type ListOptions = ConfigOptions & { readonly state?: AlertState; readonly limit: number; readonly json?: true }
type ShowOptions = ConfigOptions & { readonly json?: true }
type ChangeOptions = ConfigOptions & { readonly comment?: string }

export function alertsCommand(cli: Cli): Command {
  return createCommand('alerts', 'what the rules found', [
    ['what nobody has looked at', 'alerts list --state open'],
    ['one with its records', 'alerts show 17'],
    ['done with it', "alerts close 17 --comment 'planned maintenance'"],
  ])
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(changeCommand(cli, 'ack', 'acknowledged', 'say that somebody looks after an alert'))
    .addCommand(changeCommand(cli, 'close', 'closed', 'say that an alert is done with; repeats open a new one'))
}

function listCommand(cli: Cli): Command {
  const { io, exit } = cli
  const command = createCommand('list', 'alerts, newest first', [['the open ones', 'alerts list --state open']])
    .addOption(new Option('--state <state>', 'only these').choices(alertStates))
    .option('--limit <n>', 'at most so many', wholeNumber(1, 100_000), 50)
    .option('--json', 'one JSON object per line')
  return addDataOptions(command)
    .addHelpText('after', '\nExit code 1: there are none.')
    .action((options: ListOptions) =>
      withState(cli, options, async ({ alerts }) => {
        const found = alerts.list({ state: options.state, limit: options.limit })
        await io.out(found.map(alert => (options.json ? `${JSON.stringify(alert)}\n` : printAlert(alert))).join(''))
        if (found.length === 0) exit(1)
      }),
    )
}

function showCommand(cli: Cli): Command {
  const { io } = cli
  const command = createCommand('show', 'an alert with its first and last record', [['alert 17', 'alerts show 17']])
    .addArgument(idArgument())
    .option('--json', 'as JSON')
  return addDataOptions(command).action((id: number, options: ShowOptions) =>
    withState(cli, options, async ({ alerts }) => {
      const alert = alerts.find(id)
      if (alert === undefined) throw noAlert(id)
      if (options.json) return io.out(`${JSON.stringify(alert)}\n`)
      const comments = alert.comments.map(({ at, by, text }) => `  ${time(at)} ${visible(by)}: ${visible(text)}\n`)
      await io.out(printAlert(alert))
      await io.out(
        `  first: ${recordText(alert.firstRecord, io.color)}  last:  ${recordText(alert.lastRecord, io.color)}`,
      )
      return io.out(comments.join(''))
    }),
  )
}

function changeCommand(cli: Cli, name: string, state: AlertState, summary: string): Command {
  const command = createCommand(name, summary, [['alert 17', `alerts ${name} 17 --comment 'known'`]])
    .addArgument(idArgument())
    .option('--comment <text>', 'why')
  return addDataOptions(command).action((id: number, options: ChangeOptions) =>
    withState(cli, options, async ({ alerts, people }) => {
      const by = `cli:${userInfo().username}`
      const at = cli.io.clock.now()
      if (alerts.setState(id, state, by, at) === undefined) throw noAlert(id)
      if (options.comment !== undefined) alerts.comment(id, { at, by, text: options.comment })
      people.audit({ at, by, from: 'cli', action: `alert.${state}`, object: String(id) })
    }),
  )
}

function idArgument(): Argument {
  return new Argument('<id>', 'number of the alert').argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER))
}

function noAlert(id: number): PicketError {
  return new PicketError('NOT_FOUND', `there is no alert ${id}`)
}

/** `17 high open 2026-11-23T12:00:00.000Z ×3 web01: Password file changed (alice, 198.51.100.9)` */
function printAlert(alert: Alert): string {
  const who = [alert.user, alert.source].flatMap(value => (value === null ? [] : [visible(value)]))
  const host = visible(alert.hostname ?? alert.lastRecord.peer)
  const head = `${alert.id} ${alert.level} ${alert.state} ${time(alert.lastAt)} ×${alert.count} ${host}: ${visible(alert.ruleTitle)}`
  return who.length === 0 ? `${head}\n` : `${head} (${who.join(', ')})\n`
}

function time(at: number): string {
  return new Date(at).toISOString()
}
