// sudo: `USER : [REASON ; ]TTY=… ; PWD=… ; USER=… ; GROUP=… ; ENV=… ; COMMAND=…`. The command runs to the end of the line.
import type { Fields } from '../model/record.ts'
import type { MutableFields } from './body.ts'
import { newFields, setText } from './body.ts'
import { decodeOctal } from './unescape.ts'

/** The fields of a sudo record, without PAM's lines; else undefined. A reason in front of the pairs means refused. */
export function parseSudo(text: string): Fields | undefined {
  const colon = text.indexOf(' : ')
  if (colon === -1) return undefined
  const user = text.slice(0, colon).trim()
  if (user === '') return undefined
  const fields = newFields()
  const start = colon + 3
  if (text.startsWith('(command continued) ', start)) {
    fields['event.action'] = 'sudo_command_continued'
    fields['user.name'] = user
    fields['process.command_line'] = decodeOctal(text.slice(start + 20))
    return fields
  }

  let command = text.startsWith('COMMAND=', start) ? start : text.indexOf(' ; COMMAND=', start)
  if (command === -1) command = text.length
  const reason = setPairs(fields, text, start, command)
  if (command === text.length && fields['user.effective.name'] === undefined) return undefined
  fields['event.action'] = 'sudo_command'
  fields['event.outcome'] = reason === '' ? 'success' : 'failure'
  fields['user.name'] = user
  if (reason !== '') fields['event.reason'] = reason
  const commandStart = command === start ? start + 8 : command + 11
  if (commandStart <= text.length) fields['process.command_line'] = decodeOctal(text.slice(commandStart))
  return fields
}

/** Reads the parts between ` ; ` from start to end; returns the ones that are no pair: why sudo refused. */
function setPairs(fields: MutableFields, text: string, start: number, end: number): string {
  let reason = ''
  for (let at = start; at < end; ) {
    let next = text.indexOf(' ; ', at)
    if (next === -1 || next > end) next = end
    const equals = text.slice(at, Math.min(at + maxKeyLength + 1, next)).indexOf('=') + at
    const key = equals < at ? '' : text.slice(at, equals)
    const name = pairFields.get(key)
    if (name !== undefined) {
      if (fields[name] === undefined) setText(fields, name, decodeOctal(text.slice(equals + 1, next)))
    } else if (key === '' || key !== key.toUpperCase()) {
      reason = reason === '' ? text.slice(at, next) : reason
    }
    at = next + 3
  }
  return reason
}

const maxKeyLength = 8
const pairFields = new Map([
  ['TTY', 'process.tty'],
  ['PWD', 'process.working_directory'],
  ['USER', 'user.effective.name'],
  ['GROUP', 'group.name'],
  ['ENV', 'sudo.env'],
  ['HOST', 'sudo.host'],
  ['TSID', 'sudo.session'],
  ['CHROOT', 'sudo.chroot'],
])
