// cron, crond and crontab: `(USER) CMD (COMMAND)`, `(USER) REPLACE (USER)`; BusyBox `USER root pid 12 cmd COMMAND`.
import type { Fields } from '../model/record.ts'
import { newFields, setInteger, setText } from './body.ts'
import { decodeOctal } from './unescape.ts'

/** The fields of a line of cron, without PAM's lines; else undefined. */
export function parseCron(text: string): Fields | undefined {
  if (text.charCodeAt(0) !== 40) return parseBusyBox(text)
  const close = text.indexOf(') ')
  const open = close === -1 ? -1 : text.indexOf(' (', close + 2)
  if (open === -1) return undefined
  const verb = text.slice(close + 2, open)
  const argument = text.slice(open + 2, text.charCodeAt(text.length - 1) === 41 ? -1 : undefined)
  const action = actions.get(verb)
  if (action === undefined) return undefined

  const fields = newFields()
  fields['event.action'] = action
  const user = text.slice(1, close)
  // (CRON) is the daemon itself, (*system*) the tables in /etc.
  if (user !== 'CRON' && user !== '*system*') setText(fields, 'user.name', user)
  if (verb === 'CMD') fields['process.command_line'] = decodeOctal(argument)
  else if (verb === 'RELOAD') setText(fields, 'file.path', argument)
  else if (action === 'cron_info') setText(fields, 'event.reason', argument)
  else setText(fields, 'user.target.name', argument)
  return fields
}

const actions = new Map([
  ['CMD', 'cron_command'],
  ['REPLACE', 'crontab_changed'],
  ['DELETE', 'crontab_changed'],
  ['RELOAD', 'crontab_changed'],
  ['LIST', 'crontab_listed'],
  ['INFO', 'cron_info'],
  ['STARTUP', 'cron_info'],
])

function parseBusyBox(text: string): Fields | undefined {
  const pid = text.startsWith('USER ') ? text.indexOf(' pid ', 5) : -1
  const command = pid === -1 ? -1 : text.indexOf(' cmd ', pid + 5)
  if (command === -1) return undefined
  const fields = newFields()
  fields['event.action'] = 'cron_command'
  setText(fields, 'user.name', text.slice(5, pid))
  fields['process.command_line'] = decodeOctal(text.slice(command + 5))
  setInteger(fields, 'process.pid', text.slice(pid + 5, command).trim())
  return fields
}
