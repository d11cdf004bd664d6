// Words that some senders put between host and tag (rule R9 (4)); they are dropped when a tag follows.
import { readTag } from './tag.ts'

export type WordRead = {
  /** What BusyBox's word says, for a message without PRI. */
  readonly facility?: number
  readonly severity?: number
  readonly end: number
}

const facilities: { readonly [word: string]: number } = Object.assign(Object.create(null), {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  security: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
})
const severities: { readonly [word: string]: number } = Object.assign(Object.create(null), {
  emerg: 0,
  panic: 0,
  alert: 1,
  crit: 2,
  err: 3,
  error: 3,
  warning: 4,
  warn: 4,
  notice: 5,
  info: 6,
  debug: 7,
})

const aix = /([a-z0-9|]{2,40}):([a-z]{3,7}) {1,3}/y
const busyBox = /([a-z0-9]{3,8})\.([a-z]{3,7}) {1,3}/y
const f5 = /([a-z]{3,7}) /y

/** AIX `auth|security:info`, BusyBox `daemon.warn`, F5 `notice` before `prog[pid]: `, or a lone `-`; undefined: nothing to drop. */
export function readWordBeforeTag(text: string, at: number): WordRead | undefined {
  if (text.startsWith('- ', at)) return isTagAt(text, at + 2) ? { end: at + 2 } : undefined
  return readAix(text, at) ?? readBusyBox(text, at) ?? readF5(text, at)
}

function readAix(text: string, at: number): WordRead | undefined {
  aix.lastIndex = at
  const [, names = '', severity = ''] = aix.exec(text) ?? []
  if (severities[severity] === undefined || !names.split('|').every(name => facilities[name] !== undefined))
    return undefined
  const end = aix.lastIndex
  return isTagAt(text, end) ? { end } : undefined
}

function readBusyBox(text: string, at: number): WordRead | undefined {
  busyBox.lastIndex = at
  const found = busyBox.exec(text)
  const facility = facilities[found?.[1] ?? '']
  const severity = severities[found?.[2] ?? '']
  if (facility === undefined || severity === undefined) return undefined
  const end = busyBox.lastIndex
  return isTagAt(text, end) ? { facility, severity, end } : undefined
}

function readF5(text: string, at: number): WordRead | undefined {
  f5.lastIndex = at
  const found = f5.exec(text)
  if (severities[found?.[1] ?? ''] === undefined) return undefined
  const end = f5.lastIndex
  const tag = readTag(text, end)
  return tag?.form === 'pid' && text.startsWith(']: ', tag.end - 3) ? { end } : undefined
}

function isTagAt(text: string, at: number): boolean {
  const form = readTag(text, at)?.form
  return form === 'pid' || form === 'colon'
}
