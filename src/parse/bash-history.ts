// Shell commands that a shell or a PROMPT_COMMAND sends: HISTORY records in all the spellings seen in the field.
//
//   HISTORY:PID=1 PPID=2 SID=3 USER=alice CMD=ls -la            PROMPT_COMMAND with logger; keys in any order and case
//   HISTORY: VMIP=10.0.0.1 PID=1 LOGIN=alice COMMAND=ls         patched shells
//   HISTORY: PID=1 UID=0 ls -la                                 bash built with SYSLOG_HISTORY
//   HISTORY (TRUNCATED): PID=1 UID=0 ls -la                     the same, longer than SYSLOG_MAXLEN
//   HISTORY:PID=1 … UID=0 N=7 RC=0 PWD=/a\ b CMD=echo "a\nb"    the hook that Picket ships: N= says that CMD is escaped
//   alice [1234]: ls -la [0]                                    user, shell pid, command, exit code (on local6)
//
// Everything in such a record is a claim: any user can send any text with logger.
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { Body, MutableFields } from './body.ts'
import { newFields, parseInteger, setInteger, setText } from './body.ts'
import { decodeOctal } from './unescape.ts'

/** The fields of a text that starts with HISTORY (any case), else undefined. */
export function parseHistory(text: string, body: Body): Fields | undefined {
  const start = pairsStart(text)
  return start === -1 ? undefined : parsePairs(text, start, body, body.appName)
}

/** The same for a message whose header parser took `HISTORY` for the program: the text begins with the pairs. */
export function parseHistoryPairs(text: string, body: Body): Fields | undefined {
  const start = skipBlanks(text, 0)
  return keyEnd(text, start) === -1 ? undefined : parsePairs(text, start, body, undefined)
}

/** `alice [1234]: ls -la [0]`, also without the name when it became the tag. Ask only on local6 or when the tag is the name. */
export function parseBracketedHistory(text: string, body: Body): Fields | undefined {
  const open = text.indexOf('[')
  const named = open > 0
  if (open === -1 || open > 64 || (named && (open === 1 || text.indexOf(' ') !== open - 1))) return undefined
  const user = named ? text.slice(0, open - 1) : body.appName
  if (user === undefined || (body.facility !== 22 && user !== body.appName)) return undefined
  const close = text.indexOf(']: ', open)
  const exitOpen = text.lastIndexOf(' [')
  if (close === -1 || exitOpen < close + 2 || !text.endsWith(']')) return undefined
  const pid = parseInteger(text.slice(open + 1, close))
  const exitCode = parseInteger(text.slice(exitOpen + 2, -1))
  if (pid === undefined || exitCode === undefined || exitCode > 255) return undefined

  const fields = newFields()
  fields['event.action'] = 'bash_command'
  fields['process.pid'] = pid
  fields['user.name'] = user
  fields['process.command_line'] = decodeOctal(text.slice(close + 3, Math.max(exitOpen, close + 3)))
  fields['process.exit_code'] = exitCode
  if (body.appName !== undefined) fields['history.logger_tag'] = body.appName
  return fields
}

// Keys with a meaning here. A key that is not in the table may stand before CMD and is passed over.
type Key = { readonly field: string; readonly kind: 'text' | 'integer' | 'directory' | 'address' | 'command' }
const keys = new Map<string, Key>([
  ['CMD', { field: 'process.command_line', kind: 'command' }],
  ['COMMAND', { field: 'process.command_line', kind: 'command' }],
  ['PID', { field: 'process.pid', kind: 'integer' }],
  ['PPID', { field: 'process.parent.pid', kind: 'integer' }],
  ['SID', { field: 'process.session_leader.pid', kind: 'integer' }],
  ['USER', { field: 'user.name', kind: 'text' }],
  ['LOGIN', { field: 'user.name', kind: 'text' }],
  ['UID', { field: 'user.id', kind: 'text' }],
  ['EUID', { field: 'user.effective.id', kind: 'text' }],
  ['N', { field: 'history.number', kind: 'integer' }],
  ['RC', { field: 'process.exit_code', kind: 'integer' }],
  ['PWD', { field: 'process.working_directory', kind: 'directory' }],
  ['CWD', { field: 'process.working_directory', kind: 'directory' }],
  ['TTY', { field: 'process.tty', kind: 'text' }],
  ['VMIP', { field: 'host.ip', kind: 'address' }],
  ['IP', { field: 'source.ip', kind: 'address' }],
  ['FROM', { field: 'source.ip', kind: 'address' }],
  ['SSH_CLIENT', { field: 'source.ip', kind: 'address' }],
  ['SSH_CONNECTION', { field: 'source.ip', kind: 'address' }],
])

function parsePairs(text: string, start: number, body: Body, tag: string | undefined): Fields | undefined {
  const fields = newFields()
  fields['event.action'] = 'bash_command'
  const flags: string[] = []
  let count = 0 // pairs so far
  let isNative = true // … of which the first two are PID and UID
  let key: Key | undefined // the pair being read: its key, its value's start, the end of its first word, the end
  let from = start
  let wordEnd = start
  let end = start
  let command = -1 // behind CMD=
  let typed = -1 // the first word that is no pair of a known key
  let at = start
  while (at < text.length) {
    const equals = keyEnd(text, at)
    const known = equals === -1 ? undefined : findKey(text, at, equals)
    if (known?.kind === 'command') {
      command = equals + 1
      break
    }
    if (known === undefined && typed === -1) {
      typed = at
      // bash's own form has PID and UID only: what follows is typed text, with whatever looks like a pair in it.
      if (isNative && count === 2) break
    }
    if (equals === -1) {
      end = nextBlank(text, at) // a value with a blank in it goes on
    } else {
      setPair(fields, flags, key, text.slice(from, end))
      isNative = isNative && known?.field === (count === 0 ? 'process.pid' : 'user.id') && count < 2
      count++
      key = known
      from = equals + 1
      wordEnd = end = key?.kind === 'directory' ? unescapedBlank(text, from) : nextBlank(text, from)
    }
    at = skipBlanks(text, end)
  }
  if (count === 0 && command === -1) return undefined
  setPair(fields, flags, key, text.slice(from, command === -1 && typed !== -1 ? wordEnd : end))

  setUser(fields, flags, tag)
  if (text.lastIndexOf('(', start - 1) !== -1) flags.push('truncated')
  if (command !== -1) setCommand(fields, flags, text.slice(command), fields['history.number'] !== undefined)
  else if (typed !== -1) fields['process.command_line'] = decodeOctal(text.slice(typed))
  else flags.push('cut_short')
  if (body.appName !== undefined) fields['history.logger_tag'] = body.appName
  if (flags.length > 0) fields['history.flags'] = flags
  return fields
}

/** The key between `at` and `end`, in any case. Short names are looked up by a number, without making a string. */
function findKey(text: string, at: number, end: number): Key | undefined {
  if (end - at > 5) return keys.get(text.slice(at, end).toUpperCase())
  const packed = packLetters(text, at, end)
  return packed === 0 ? undefined : shortKeys.get(packed)
}

/** Up to five letters, five bits each, behind a 1: different words give different numbers, both cases the same. */
function packLetters(text: string, at: number, end: number): number {
  let packed = 1
  for (let i = at; i < end; i++) {
    const letter = (text.charCodeAt(i) | 32) - 96
    if (letter < 1 || letter > 26) return 0
    packed = (packed << 5) | letter
  }
  return packed
}

const shortKeys = new Map<number, Key>()
for (const [name, key] of keys) if (name.length <= 5) shortKeys.set(packLetters(name, 0, name.length), key)

function setPair(fields: MutableFields, flags: string[], key: Key | undefined, value: string): void {
  if (key === undefined) return
  // The environment variable USER may hold `x UID=0`: the first of two wins, and the record says that there were two.
  if (fields[key.field] !== undefined) {
    if (!flags.includes('duplicate_key')) flags.push('duplicate_key')
  } else if (key.kind === 'integer') setInteger(fields, key.field, value)
  else if (key.kind === 'text') setText(fields, key.field, value)
  else if (key.kind === 'directory') setText(fields, key.field, decodeOctal(value.replaceAll('\\ ', ' ')))
  else {
    const address = value.slice(0, nextBlank(value, 0))
    if (isAddress(address)) fields[key.field] = address
  }
}

/** Without USER (docker exec, bash's own form) the tag names the user, unless it is the name of a program. */
function setUser(fields: MutableFields, flags: string[], tag: string | undefined): void {
  if (fields['user.name'] !== undefined || tag === undefined || programTags.has(tag)) return
  fields['user.name'] = tag
  flags.push('user_from_tag')
}

const programTags = new Set(
  'bash -bash rbash sh -sh zsh -zsh ksh -ksh dash -dash ash -ash logger history HISTORY syslog su sudo sshd'.split(' '),
)

/** CMD as it came from `history 1`, or, in the escaped form, with `\\` and `\n` decoded. */
function setCommand(fields: MutableFields, flags: string[], raw: string, escaped: boolean): void {
  let command = decodeOctal(raw)
  if (escaped) {
    command = decodeBackslashes(command)
  } else {
    const time = timeFormat(command)
    if (time !== undefined) {
      command = command.slice(time.length)
      if (time.timestamp !== undefined) fields['history.timestamp'] = time.timestamp
    }
    // `history 1 | … | cut -f 3-` loses the first word once the history number has five digits.
    if (command.startsWith('-') || command.startsWith('http://') || command.startsWith('https://')) {
      flags.push('head_lost')
    }
  }
  if (command === '') flags.push('empty_command')
  fields['process.command_line'] = command
}

function decodeBackslashes(text: string): string {
  let decoded = ''
  let from = 0
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at + 2)) {
    const next = text.charCodeAt(at + 1)
    if (next !== 92 && next !== 110) continue
    decoded += text.slice(from, at) + (next === 110 ? '\n' : '\\')
    from = at + 2
  }
  return from === 0 ? text : decoded + text.slice(from)
}

/**
 * The time that HISTTIMEFORMAT put in front of a command: how many characters it takes and, where the form tells it,
 * the instant as RFC 3339 (without an offset it is read as UTC). `%d/%m` and `%m/%d` cannot be told apart.
 */
function timeFormat(command: string): { readonly length: number; readonly timestamp?: string } | undefined {
  const first = command.charCodeAt(0)
  if (!((first >= 48 && first <= 57) || first === 91)) return undefined
  const iso = isoTime.exec(command)
  if (iso !== null) {
    const [{ length }, date, clock, offset = 'Z'] = iso
    const colon = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset
    return withTime(length, Date.parse(`${date}T${clock}${colon}`))
  }
  const epoch = epochTime.exec(command)
  if (epoch !== null) return withTime(epoch[0].length, Number(epoch[1]) * 1000)
  const local = localTime.exec(command)
  return local === null ? undefined : { length: local[0].length }
}

const isoTime = /^\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(Z|[+-]\d\d:?\d\d)?(?:[\]:|] ?| )/
const epochTime = /^\[?([1-3]\d{9})(?:[\]:|] ?| )/
const localTime = /^\[?\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}[T ]\d\d:\d\d(?::\d\d)?(?:[\]:|] ?| )/

function withTime(length: number, time: number): { readonly length: number; readonly timestamp?: string } {
  return Number.isNaN(time) ? { length } : { length, timestamp: new Date(time).toISOString() }
}

/** Where the pairs begin behind `HISTORY:`, `HISTORY :` or `HISTORY (TRUNCATED):`, or -1. */
function pairsStart(text: string): number {
  if (!text.startsWith('HISTORY') && text.slice(0, 7).toUpperCase() !== 'HISTORY') return -1
  let at = skipBlanks(text, 7)
  if (text.slice(at, at + 11).toUpperCase() === '(TRUNCATED)') at += 11
  return text.charCodeAt(at) === 58 ? skipBlanks(text, at + 1) : -1
}

/** The index of the `=` behind a name that begins at `at`, or -1. Names have at most 32 characters. */
function keyEnd(text: string, at: number): number {
  const limit = Math.min(text.length, at + 33)
  for (let i = at; i < limit; i++) {
    const c = text.charCodeAt(i)
    if (c === 61) return i > at ? i : -1
    const lower = c | 32
    if (!((lower >= 97 && lower <= 122) || c === 95 || (c >= 48 && c <= 57 && i > at))) return -1
  }
  return -1
}

function nextBlank(text: string, at: number): number {
  const blank = text.indexOf(' ', at)
  return blank === -1 ? text.length : blank
}

function unescapedBlank(text: string, at: number): number {
  let blank = nextBlank(text, at)
  while (blank < text.length && text.charCodeAt(blank - 1) === 92) blank = nextBlank(text, blank + 1)
  return blank
}

function skipBlanks(text: string, at: number): number {
  while (text.charCodeAt(at) === 32) at++
  return at
}
