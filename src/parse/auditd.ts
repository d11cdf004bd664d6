// Linux audit records as audisp-syslog, auditd or the kernel send them.
//
//   [node=N ]type=TYPE msg=audit(SECONDS.MS:SERIAL): key=value key="value" key=68657821 msg='key=value …'<GS>UID="root" …
//
// Values with blanks, quotes or control characters are upper-case hex without quotes. Behind the group separator 0x1d
// (#035 after rsyslog) stand the names that auditd looked up.
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { MutableFields } from './body.ts'
import { newFields, parseInteger, setInteger, setText } from './body.ts'

/** The fields of one audit record, else undefined. Records of one event share auditd.sequence. */
export function parseAudit(text: string): Fields | undefined {
  let at = 0
  let node: string | undefined
  if (text.startsWith('node=')) {
    const blank = text.indexOf(' ')
    if (blank === -1) return undefined
    node = text.slice(5, blank)
    at = blank + 1
  }
  if (!text.startsWith('type=', at)) return undefined
  const typeEnd = text.indexOf(' ', at)
  const stamp = text.indexOf('audit(', at)
  const close = stamp === -1 ? -1 : text.indexOf('): ', stamp)
  if (typeEnd === -1 || close === -1 || stamp > typeEnd + 5) return undefined
  const word = text.slice(at + 5, typeEnd)
  const type = typeNames.get(word) ?? word

  const fields = newFields()
  fields['event.action'] = type.toLowerCase()
  const names = enrichedStart(text)
  const pairs = readPairs(text, close + 3, names === -1 ? text.length : names)
  const looked =
    names === -1 ? undefined : readPairs(text, names + (text.charCodeAt(names) === 29 ? 1 : 4), text.length)
  setCommon(fields, pairs)
  setUser(fields, type, pairs, looked)
  setCommand(fields, type, pairs)
  setText(fields, 'auditd.node', node)
  setStamp(fields, text.slice(stamp + 6, close))
  return fields
}

// The kernel prints numbers (linux/audit.h).
const typeNames = new Map([
  ['1100', 'USER_AUTH'],
  ['1112', 'USER_LOGIN'],
  ['1114', 'ADD_USER'],
  ['1123', 'USER_CMD'],
  ['1300', 'SYSCALL'],
  ['1302', 'PATH'],
  ['1307', 'CWD'],
  ['1309', 'EXECVE'],
  ['1326', 'SECCOMP'],
  ['1327', 'PROCTITLE'],
  ['1400', 'AVC'],
  ['1700', 'ANOM_PROMISCUOUS'],
  ['1701', 'ANOM_ABEND'],
])

/** Where the looked-up names begin. Typed text cannot imitate it: a value with a quote in it is hex. */
function enrichedStart(text: string): number {
  const separator = text.lastIndexOf('\u001d')
  if (separator !== -1) return separator
  const escaped = text.lastIndexOf('#035')
  return escaped !== -1 && /^[A-Z0-9_]{1,16}="/.test(text.slice(escaped + 4, escaped + 24)) ? escaped : -1
}

type Pairs = Map<string, string>

/** key → value, quoted values with their quotes. `msg='…'` is opened: its pairs count as the record's own. */
function readPairs(text: string, start: number, end: number): Pairs {
  const pairs: Pairs = new Map()
  let at = start
  while (at < end && pairs.size < maxPairs) {
    const equals = keyEnd(text, at, end)
    if (equals === -1) {
      at = boundary(text, ' ', at, end) + 1 // a word of free text
      continue
    }
    const key = text.slice(at, equals)
    if (key === 'msg' && text.charCodeAt(equals + 1) === 39) {
      at = equals + 2
      continue
    }
    const quote = text.charCodeAt(equals + 1) === 34 ? boundary(text, '"', equals + 2, end) : end
    let valueEnd = quote === end ? boundary(text, ' ', equals + 1, end) : quote + 1
    at = boundary(text, ' ', valueEnd, end) + 1
    if (valueEnd > equals + 1 && text.charCodeAt(valueEnd - 1) === 39) valueEnd--
    if (!pairs.has(key)) pairs.set(key, text.slice(equals + 1, valueEnd))
  }
  return pairs
}

// The kernel cuts an EXECVE record at 7,500 characters of arguments, so they fit.
const maxPairs = 4096

/** The index of the `=` behind a key of at most 32 characters, or -1. */
function keyEnd(text: string, at: number, end: number): number {
  const limit = Math.min(end, at + 33)
  for (let i = at; i < limit; i++) {
    const c = text.charCodeAt(i)
    if (c === 61) return i
    if (c === 32) return -1
  }
  return -1
}

function boundary(text: string, what: string, at: number, end: number): number {
  const found = text.indexOf(what, at)
  return found === -1 || found > end ? end : found
}

function setCommon(fields: MutableFields, pairs: Pairs): void {
  const result = pairs.get('res') ?? pairs.get('success')
  if (result === 'success' || result === 'yes' || result === '1') fields['event.outcome'] = 'success'
  else if (result === 'failed' || result === 'no' || result === '0') fields['event.outcome'] = 'failure'
  setInteger(fields, 'process.pid', pairs.get('pid'))
  setInteger(fields, 'process.parent.pid', pairs.get('ppid'))
  setId(fields, 'user.id', pairs.get('uid'))
  setId(fields, 'user.effective.id', pairs.get('euid'))
  setId(fields, 'auditd.auid', pairs.get('auid'))
  setId(fields, 'session.id', pairs.get('ses'))
  setText(fields, 'process.tty', pairs.get('terminal') ?? pairs.get('tty'))
  setText(fields, 'process.name', decoded(pairs.get('comm')))
  setText(fields, 'process.executable', decoded(pairs.get('exe')))
  setText(fields, 'process.working_directory', decoded(pairs.get('cwd')))
  setText(fields, 'file.path', decoded(pairs.get('name')))
  setText(fields, 'process.signal', pairs.get('sig'))
  setText(fields, 'auditd.syscall', pairs.get('syscall'))
  const key = decoded(pairs.get('key'))
  if (key !== '(null)') setText(fields, 'auditd.key', key)
  const address = pairs.get('addr') ?? ''
  if (isAddress(address)) fields['source.ip'] = address
}

/** 4294967295 and -1 say that nobody logged in. */
function setId(fields: MutableFields, name: string, value: string | undefined): void {
  if (value !== '4294967295' && value !== '-1' && value !== 'unset') setText(fields, name, value)
}

const accountChanges = new Set([
  'ADD_USER',
  'DEL_USER',
  'USER_MGMT',
  'ADD_GROUP',
  'DEL_GROUP',
  'GRP_MGMT',
  'ACCT_LOCK',
  'ACCT_UNLOCK',
])

function setUser(fields: MutableFields, type: string, pairs: Pairs, looked: Pairs | undefined): void {
  const account = decoded(pairs.get('acct')) ?? (looked === undefined ? undefined : decoded(looked.get('ID')))
  const changes = accountChanges.has(type)
  if (changes) setText(fields, 'user.target.name', account)
  else setText(fields, 'user.name', account)
  if (looked === undefined || fields['user.name'] !== undefined) return
  const name = decoded(looked.get('UID'))
  if (name !== 'unset') setText(fields, 'user.name', name)
}

/** EXECVE has the arguments one by one, long ones in pieces `a1[0]`; PROCTITLE has them with NUL between. */
function setCommand(fields: MutableFields, type: string, pairs: Pairs): void {
  if (type === 'EXECVE') {
    const args: string[] = []
    for (let n = 0; n < 4096; n++) {
      const value = pairs.get(`a${n}`) ?? joinPieces(pairs, n)
      if (value === undefined) break
      args.push(decoded(value) ?? '')
    }
    if (args.length === 0) return
    fields['process.args'] = args
    fields['process.command_line'] = args.join(' ')
    return
  }
  const title = decoded(pairs.get('proctitle'))
  setText(fields, 'process.command_line', decoded(pairs.get('cmd')) ?? title?.replaceAll('\0', ' '))
}

function joinPieces(pairs: Pairs, n: number): string | undefined {
  let joined: string | undefined
  for (let piece = 0; piece < 256; piece++) {
    const value = pairs.get(`a${n}[${piece}]`)
    if (value === undefined) break
    joined = (joined ?? '') + value
  }
  return joined
}

/** A value without its quotes, or the UTF-8 text of upper-case hex. */
function decoded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (value.charCodeAt(0) === 34) return value.slice(1, value.endsWith('"') && value.length > 1 ? -1 : undefined)
  if (value.length < 2 || value.length % 2 !== 0 || !/^[0-9A-F]+$/.test(value)) return value
  return Buffer.from(value, 'hex').toString('utf8')
}

/** `SECONDS.MS:SERIAL` */
function setStamp(fields: MutableFields, stamp: string): void {
  const colon = stamp.indexOf(':')
  const dot = stamp.indexOf('.')
  if (colon === -1 || dot === -1 || dot > colon) return
  setInteger(fields, 'auditd.sequence', stamp.slice(colon + 1))
  const seconds = parseInteger(stamp.slice(0, dot))
  const ms = parseInteger(stamp.slice(dot + 1, colon))
  if (seconds === undefined || ms === undefined || ms > 999 || seconds > 253_402_300_799) return
  fields['auditd.timestamp'] = new Date(seconds * 1000 + ms).toISOString()
}
