// Legacy messages (rules R7–R11): RFC 3164 and everything that calls itself syslog.
//
//   <PRI> [Cisco counters] TIMESTAMP [HOST] [words] [TAG] text
import { readCiscoFront } from './cisco.ts'
import { readFortiGate } from './fortigate.ts'
import { isRepeatNotice, readForwardedHost, readHost, readSnareHost } from './host.ts'
import type { Pri } from './pri.ts'
import { readBareTag, readTag, type Tag } from './tag.ts'
import { readTimestamp } from './timestamp.ts'
import type { ParseOptions, SyslogMessage } from './types.ts'
import { readWordBeforeTag, type WordRead } from './words.ts'

/** Parses what stands behind PRI when it is not RFC 5424. Always gives a message; the format says how much was recognised. */
export function parseRfc3164(text: string, pri: Pri, options: ParseOptions): SyslogMessage {
  const at = skipBlanks(text, pri.next)
  const timestamp = readTimestamp(text, at, options)
  if (timestamp !== undefined) return behindTime(text, timestamp.end, pri, timestamp.value, undefined)
  const cisco = readCiscoFront(text, at, options)
  if (cisco === undefined) return withoutTime(text, at, pri, options)
  if (cisco.timestamp !== undefined) return behindTime(text, cisco.end, pri, cisco.timestamp.value, cisco.origin)
  return behindHost(text, cisco.end, pri, undefined, cisco.origin)
}

/** R9: `at` is behind the timestamp and its colon. */
function behindTime(
  text: string,
  at: number,
  pri: Pri,
  timestamp: number | undefined,
  origin: string | undefined,
): SyslogMessage {
  const start = skipCiscoColon(text, skipBlanks(text, at))
  if (origin !== undefined) return behindHost(text, start, pri, timestamp, origin)
  if (isRepeatNotice(text, start)) return withTag(text, start, pri, timestamp, undefined, undefined)
  const word = readWordBeforeTag(text, start)
  if (word !== undefined && text[start] !== '-') return behindWord(text, word, pri, timestamp, undefined)
  const host = readForwardedHost(text, start) ?? readHost(text, start)
  return behindHost(text, host?.end ?? start, pri, timestamp, host?.hostname)
}

function behindHost(
  text: string,
  at: number,
  pri: Pri,
  timestamp: number | undefined,
  hostname: string | undefined,
): SyslogMessage {
  const start = skipCiscoColon(text, skipBlanks(text, at))
  if (isRepeatNotice(text, start)) return withTag(text, start, pri, timestamp, hostname, undefined)
  const word = readWordBeforeTag(text, start)
  if (word !== undefined) return behindWord(text, word, pri, timestamp, hostname)
  return withTag(text, start, pri, timestamp, hostname, readTag(text, start))
}

function behindWord(
  text: string,
  word: WordRead,
  pri: Pri,
  timestamp: number | undefined,
  hostname: string | undefined,
): SyslogMessage {
  const known = pri.kind === 'missing' && word.facility !== undefined && word.severity !== undefined
  const found = known ? { ...pri, facility: word.facility ?? 1, severity: word.severity ?? 5 } : pri
  return withTag(text, word.end, found, timestamp, hostname, readTag(text, word.end))
}

/** R10: no host is guessed, and only the surest tags count. */
function withoutTime(text: string, at: number, pri: Pri, options: ParseOptions): SyslogMessage {
  const fortiGate = readFortiGate(text, at, options)
  if (fortiGate !== undefined) return raw(text.slice(at), pri, fortiGate)
  const snare = readSnareHost(text, at)
  if (snare !== undefined) return withTag(text, snare.end, pri, undefined, snare.hostname, readTag(text, snare.end))
  const tag = isRepeatNotice(text, at) ? undefined : readBareTag(text, at)
  if (tag !== undefined) return withTag(text, at, pri, undefined, undefined, tag)
  // Blanks behind PRI belong to the header; indentation of a line without PRI is its own, but JSON has none.
  return raw(text.slice(pri.kind === 'missing' && text[at] !== '{' ? pri.next : at), pri, undefined)
}

function withTag(
  text: string,
  at: number,
  pri: Pri,
  timestamp: number | undefined,
  hostname: string | undefined,
  tag: Tag | undefined,
): SyslogMessage {
  const end = tag?.end ?? at
  const solaris = readSolarisId(text, end)
  return {
    facility: pri.facility,
    severity: pri.severity,
    timestamp,
    hostname,
    appName: tag?.name,
    procId: tag?.procId,
    msgId: solaris?.msgId,
    structuredData: undefined,
    message: text.slice(solaris?.end ?? end),
    format: 'rfc3164',
  }
}

/** The message in which no header was found. */
export function raw(
  message: string,
  pri: Pick<Pri, 'facility' | 'severity'>,
  known: { readonly timestamp: number | undefined; readonly hostname: string | undefined } | undefined,
): SyslogMessage {
  return {
    facility: pri.facility,
    severity: pri.severity,
    timestamp: known?.timestamp,
    hostname: known?.hostname,
    appName: undefined,
    procId: undefined,
    msgId: undefined,
    structuredData: undefined,
    message,
    format: 'raw',
  }
}

const solarisId = /\[ID (\d{1,20}) [a-z0-9]{1,16}\.[a-z]{1,16}\] /y

function readSolarisId(
  text: string,
  at: number,
): { readonly msgId: string | undefined; readonly end: number } | undefined {
  solarisId.lastIndex = at
  const found = solarisId.exec(text)
  return found === null ? undefined : { msgId: found[1], end: solarisId.lastIndex }
}

/** `: %ASA-…` behind the time or the host loses its colon, `*%SYS-…` its star. */
function skipCiscoColon(text: string, at: number): number {
  if (text.startsWith(': %', at)) return at + 2
  return text.startsWith('*%', at) ? at + 1 : at
}

function skipBlanks(text: string, at: number): number {
  let i = at
  while (text[i] === ' ') i++
  return i
}
