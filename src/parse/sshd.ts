// OpenSSH's server: logins, failures, disconnects, protocol errors. User names in these lines are chosen by the attacker
// and may hold the words of the line itself, so the address is always taken from the end.
import type { Fields } from '../model/record.ts'
import { isAddress } from './address.ts'
import type { MutableFields } from './body.ts'
import { newFields, parseInteger, setText } from './body.ts'

/** The fields of a line of sshd (sshd-session, sshd-auth), without PAM's lines; else undefined. */
export function parseSshd(text: string): Fields | undefined {
  if (text.startsWith('error: ') || text.startsWith('fatal: ')) return parseLine(text.slice(7))
  return parseLine(text)
}

function parseLine(text: string): Fields | undefined {
  switch (text.charCodeAt(0)) {
    case 65: // A
      if (text.startsWith('Accepted ')) return parseLogin(text, 9, 'success')
      break
    case 70: // F
      if (text.startsWith('Failed ')) return parseLogin(text, 7, 'failure')
      break
    case 73: // I
      if (text.startsWith('Invalid user ')) return parseInvalidUser(text, 13)
      if (text.startsWith('Illegal user ')) return parseInvalidUser(text, 13)
      break
    case 67: // C
      if (text.startsWith('Connection closed by ')) return parseClosed(text, 21)
      if (text.startsWith('Connection reset by ')) return parseClosed(text, 20)
      if (text.startsWith('Connection from ')) return parseConnection(text)
      break
    case 68: // D
      if (text.startsWith('Disconnected from ')) return parseDisconnected(text, 18)
      if (text.startsWith('Disconnecting')) return parseDisconnecting(text)
      if (text.startsWith('Did not receive identification string from ')) return parseProtocolError(text, 43)
      break
    case 82: // R
      if (text.startsWith('Received disconnect from ')) return parseReceivedDisconnect(text)
      break
    case 85: // U
      if (text.startsWith('User ')) return parseDenied(text)
      if (text.startsWith('Unable to negotiate with ')) return parseProtocolError(text, 25)
      break
    case 66: // B
      if (text.startsWith('Bad protocol version identification ')) return parseBadProtocol(text)
      break
    case 77: // M
    case 109: // m
      if (/^maximum authentication attempts exceeded for /i.test(text)) return parseMaxAttempts(text, 45)
      break
    case 84: // T
      if (text.startsWith('Timeout before authentication for ')) return parseTimeout(text)
      break
    case 98: // b
      if (text.startsWith('banner exchange: Connection from ')) return parseProtocolError(text, 33)
      break
    case 107: // k
    case 115: // s
      return parseError(text)
    default:
  }
  return undefined
}

/** `… METHOD for [invalid user ]USER from IP port N ssh2[: KEYTYPE FINGERPRINT]` */
function parseLogin(text: string, at: number, outcome: 'success' | 'failure'): Fields | undefined {
  const afterMethod = text.indexOf(' for ', at)
  if (afterMethod === -1) return undefined
  const userStart = afterMethod + 5
  const from = lastFrom(text, userStart)
  if (from === -1) return undefined

  const fields = newFields()
  fields['event.action'] = 'ssh_login'
  fields['event.outcome'] = outcome
  const invalid = outcome === 'failure' && text.startsWith('invalid user ', userStart)
  setText(fields, 'user.name', text.slice(invalid ? userStart + 13 : userStart, from))
  const tail = setPeer(fields, text, from + 6)
  fields['ssh.method'] = text.slice(at, afterMethod)
  if (invalid) fields['ssh.invalid_user'] = true
  if (text.startsWith(' ssh2: ', tail)) setKey(fields, text, tail + 7)
  return fields
}

function setKey(fields: MutableFields, text: string, at: number): void {
  const blank = text.indexOf(' ', at)
  if (blank === -1) return
  fields['ssh.key_type'] = text.slice(at, blank)
  const end = text.indexOf(' ', blank + 1)
  setText(fields, 'ssh.fingerprint', text.slice(blank + 1, end === -1 ? text.length : end))
}

/** `Invalid user USER from IP[ port N]`; an empty name leaves two blanks. */
function parseInvalidUser(text: string, at: number): Fields | undefined {
  const end = withoutPreauth(text)
  const from = text.lastIndexOf(' from ', end)
  if (from < at - 1) return undefined
  const fields = newFields()
  fields['event.action'] = 'ssh_invalid_user'
  fields['event.outcome'] = 'failure'
  setText(fields, 'user.name', text.slice(at, Math.max(from, at)))
  setPeer(fields, text, from + 6)
  return fields
}

/** `Connection closed by [authenticating user |invalid user |user ][USER ]IP port N[ [preauth]]` */
function parseClosed(text: string, at: number): Fields | undefined {
  const fields = newFields()
  fields['event.action'] = 'ssh_connection_closed'
  const preauth = text.endsWith(' [preauth]')
  if (preauth) fields['event.outcome'] = 'failure'
  return setUserAndPeer(fields, text, at, withoutPreauth(text)) ? fields : undefined
}

function parseDisconnected(text: string, at: number): Fields | undefined {
  const fields = newFields()
  fields['event.action'] = 'ssh_disconnect'
  return setUserAndPeer(fields, text, at, withoutPreauth(text)) ? fields : undefined
}

/** `Received disconnect from IP port N:CODE: REASON[ [preauth]]`, before OpenSSH 7.3 `from IP: CODE: REASON` */
function parseReceivedDisconnect(text: string): Fields | undefined {
  const fields = newFields()
  fields['event.action'] = 'ssh_disconnect'
  const tail = setPeer(fields, text, 25)
  if (tail === -1) return undefined
  const end = withoutPreauth(text)
  const reason = text.indexOf(': ', tail)
  if (reason !== -1 && reason + 2 < end) fields['event.reason'] = text.slice(reason + 2, end)
  if (end !== text.length) fields['ssh.preauth'] = true
  return fields
}

/** `Disconnecting[ authenticating user| invalid user| user USER IP port N]: REASON[ [preauth]]` */
function parseDisconnecting(text: string): Fields | undefined {
  const end = withoutPreauth(text)
  const colon = text.lastIndexOf(': ', end)
  if (colon < 13) return undefined
  const reason = text.slice(colon + 2, end)
  const fields = newFields()
  fields['event.action'] = reason.startsWith('Too many authentication failures')
    ? 'ssh_max_auth_attempts'
    : 'ssh_disconnect'
  if (fields['event.action'] === 'ssh_max_auth_attempts') fields['event.outcome'] = 'failure'
  if (colon > 14) setUserAndPeer(fields, text, 14, colon)
  fields['event.reason'] = reason
  if (end !== text.length) fields['ssh.preauth'] = true
  return fields
}

/** `maximum authentication attempts exceeded for [invalid user ]USER from IP port N ssh2 [preauth]` */
function parseMaxAttempts(text: string, at: number): Fields | undefined {
  const from = lastFrom(text, at)
  if (from === -1) return undefined
  const fields = newFields()
  fields['event.action'] = 'ssh_max_auth_attempts'
  fields['event.outcome'] = 'failure'
  const invalid = text.startsWith('invalid user ', at)
  setText(fields, 'user.name', text.slice(invalid ? at + 13 : at, from))
  setPeer(fields, text, from + 6)
  if (invalid) fields['ssh.invalid_user'] = true
  if (text.endsWith(' [preauth]')) fields['ssh.preauth'] = true
  return fields
}

/** `User USER from IP not allowed because REASON`, also without the address. */
function parseDenied(text: string): Fields | undefined {
  const not = text.lastIndexOf(' not allowed because ')
  if (not === -1) return undefined
  const fields = newFields()
  fields['event.action'] = 'ssh_user_denied'
  fields['event.outcome'] = 'failure'
  const from = text.lastIndexOf(' from ', not)
  const source = from < 5 ? '' : text.slice(from + 6, not)
  const hasSource = source !== '' && !source.includes(' ')
  setText(fields, 'user.name', text.slice(5, hasSource ? from : not))
  if (hasSource) setSource(fields, source)
  fields['event.reason'] = text.slice(not + 21)
  return fields
}

/** `Connection from IP port N on IP port N[ rdomain "…"]`: a connection says nothing yet about a login. */
function parseConnection(text: string): Fields | undefined {
  const fields = newFields()
  const tail = setPeer(fields, text, 16)
  if (tail === -1 || !text.startsWith(' on ', tail)) return undefined
  const end = text.indexOf(' port ', tail + 4)
  if (end === -1) return undefined
  const address = text.slice(tail + 4, end)
  if (isAddress(address)) fields['destination.ip'] = address
  const port = readPort(text, end + 6)
  if (port !== undefined) fields['destination.port'] = port
  return fields
}

/** Something that does not speak SSH, or no common algorithm: `… IP[ port N]: REASON` with the address at `at`. */
function parseProtocolError(text: string, at: number): Fields | undefined {
  const fields = protocolError()
  const tail = setPeer(fields, text, at)
  const end = withoutPreauth(text)
  const reason = tail === -1 ? -1 : text.indexOf(': ', tail)
  if (reason !== -1 && reason + 2 < end) fields['event.reason'] = text.slice(reason + 2, end)
  if (end !== text.length) fields['ssh.preauth'] = true
  return fields
}

/** `Bad protocol version identification 'TEXT' from IP port N`: the text is the attacker's. */
function parseBadProtocol(text: string): Fields | undefined {
  const fields = protocolError()
  const from = text.lastIndexOf(' from ')
  if (from !== -1) setPeer(fields, text, from + 6)
  return fields
}

/** `Timeout before authentication for [connection from ]IP[ port N]` */
function parseTimeout(text: string): Fields | undefined {
  const fields = newFields()
  fields['event.action'] = 'ssh_connection_closed'
  fields['event.outcome'] = 'failure'
  fields['event.reason'] = 'Timeout before authentication'
  setPeer(fields, text, text.startsWith('connection from ', 34) ? 50 : 34)
  return fields
}

/** `kex_exchange_identification: …`, `kex_protocol_error: …`, `ssh_dispatch_run_fatal: Connection from [USER ]IP port N: …` */
function parseError(text: string): Fields | undefined {
  const end = withoutPreauth(text)
  if (text.startsWith('ssh_dispatch_run_fatal: Connection from ')) {
    const colon = text.lastIndexOf(': ')
    const fields = protocolError()
    if (colon > 40) {
      setUserAndPeer(fields, text, 40, colon)
      fields['event.reason'] = text.slice(colon + 2, end)
    }
    return fields
  }
  if (!text.startsWith('kex_exchange_identification: ') && !text.startsWith('kex_protocol_error: ')) return undefined
  const fields = protocolError()
  fields['event.reason'] = text.slice(text.indexOf(': ') + 2, end)
  return fields
}

function protocolError(): MutableFields {
  const fields = newFields()
  fields['event.action'] = 'ssh_protocol_error'
  fields['event.outcome'] = 'failure'
  return fields
}

function withoutPreauth(text: string): number {
  return text.endsWith(' [preauth]') ? text.length - 10 : text.length
}

/** The last ` from HOST port N` that is followed by the end, ` ssh2` or ` [preauth]`, at or behind `start`; or -1. */
function lastFrom(text: string, start: number): number {
  let from = text.lastIndexOf(' from ')
  while (from >= start - 1 && from !== -1) {
    const hostEnd = text.indexOf(' ', from + 6)
    if (hostEnd > from + 6 && hostEnd < from + 300 && text.startsWith(' port ', hostEnd)) {
      let end = hostEnd + 6
      while (isDigit(text.charCodeAt(end))) end++
      if (
        end > hostEnd + 6 &&
        (end === text.length || text.startsWith(' ssh', end) || text.startsWith(' [preauth]', end))
      ) {
        return from
      }
    }
    if (from === 0) return -1
    from = text.lastIndexOf(' from ', from - 1)
  }
  return -1
}

/** `[authenticating user |invalid user |user ][USER ]IP port N` between `at` and `end`: the address stands at the end. */
function setUserAndPeer(fields: MutableFields, text: string, at: number, end: number): boolean {
  const port = text.lastIndexOf(' port ', end)
  let hostEnd = port
  let userEnd = -1
  if (port < at) hostEnd = end // OpenSSH before 7.3 prints no port
  const blank = text.lastIndexOf(' ', hostEnd - 1)
  const hostStart = blank < at ? at : blank + 1
  if (blank >= at) userEnd = blank
  const host = text.slice(hostStart, hostEnd)
  if (host === '') return false

  let invalid = false
  if (userEnd !== -1) {
    let start = at
    if (text.startsWith('authenticating user ', at)) start = at + 20
    else if (text.startsWith('invalid user ', at)) {
      start = at + 13
      invalid = true
    } else if (text.startsWith('user ', at)) start = at + 5
    setText(fields, 'user.name', text.slice(start, Math.max(start, userEnd)))
  }
  setSource(fields, host)
  const number = port < at ? undefined : readPort(text, port + 6)
  if (number !== undefined) fields['source.port'] = number
  if (invalid) fields['ssh.invalid_user'] = true
  if (text.endsWith(' [preauth]')) fields['ssh.preauth'] = true
  return true
}

/** Reads `HOST[ port N]` at `at` into source.*; returns where it ends, or -1 when there is no host. */
function setPeer(fields: MutableFields, text: string, at: number): number {
  let end = at
  for (let c = text.charCodeAt(end); end < text.length && c !== 32 && c !== 44; c = text.charCodeAt(++end));
  if (end === at) return -1
  const host = text.slice(at, text.charCodeAt(end - 1) === 58 ? end - 1 : end)
  setSource(fields, host)
  if (!text.startsWith(' port ', end)) return at + host.length
  let digits = end + 6
  while (isDigit(text.charCodeAt(digits))) digits++
  const port = readPort(text, end + 6)
  if (port !== undefined) fields['source.port'] = port
  return digits
}

/** An address becomes source.ip; a name (UseDNS) source.domain; sshd's UNKNOWN nothing. */
function setSource(fields: MutableFields, host: string): void {
  if (isAddress(host)) fields['source.ip'] = host
  else if (host !== 'UNKNOWN' && host.length <= 255) setText(fields, 'source.domain', host)
}

function readPort(text: string, at: number): number | undefined {
  let end = at
  while (end < at + 6 && isDigit(text.charCodeAt(end))) end++
  const port = parseInteger(text.slice(at, end))
  return port !== undefined && port <= 65_535 ? port : undefined
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57
}
