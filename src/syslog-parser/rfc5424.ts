// The RFC 5424 header (rule R5).
//
//   HEADER     = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID
//   SYSLOG-MSG = HEADER SP STRUCTURED-DATA [SP MSG]
import type { Pri } from './pri.ts'
import { readStructuredData } from './structured-data.ts'
import { readIsoToken } from './timestamp.ts'
import type { ParseOptions, SyslogMessage } from './types.ts'

const withPri = /[1-9]\d{0,2} +(?:(?=- )|(?=\d{4}-\d{1,2}-\d{1,2}[^\s\d])|(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d))/y
// Without PRI only version 1 with a date is believed.
const withoutPri = /1 +(?:(?=\d{4}-\d{1,2}-\d{1,2}[^\s\d])|(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d))/y

/** Parses a message whose VERSION stands at pri.next; undefined when none does. */
export function parseRfc5424(text: string, pri: Pri, options: ParseOptions): SyslogMessage | undefined {
  const version = pri.kind === 'missing' ? withoutPri : withPri
  version.lastIndex = pri.next
  if (!version.test(text)) return undefined
  const timestamp = readIsoToken(text, version.lastIndex, options)
  const fields: (string | undefined)[] = []
  let at = skipBlanks(text, timestamp.end)
  let structured = readStructuredData(text, at)
  while (structured === undefined && fields.length < 4 && at < text.length) {
    const blank = text.indexOf(' ', at)
    const end = blank < 0 ? text.length : blank
    const word = text.slice(at, end)
    fields.push(word === '-' ? undefined : word)
    at = skipBlanks(text, end)
    structured = readStructuredData(text, at)
  }
  return {
    facility: pri.facility,
    severity: pri.severity,
    timestamp: timestamp.value,
    hostname: fields[0],
    appName: fields[1],
    procId: fields[2],
    msgId: fields[3],
    structuredData: structured?.value,
    message: textBehind(text, structured?.end ?? behindNil(text, at)),
    format: 'rfc5424',
  }
}

/** Behind a `-` that stands alone; without STRUCTURED-DATA (Heroku) the rest is the message. */
function behindNil(text: string, at: number): number {
  return text[at] === '-' && (at + 1 === text.length || text[at + 1] === ' ') ? at + 1 : at
}

/** MSG: one blank and one BOM are not part of it. */
function textBehind(text: string, at: number): string {
  const start = text[at] === ' ' ? at + 1 : at
  return text.slice(text.charCodeAt(start) === 0xfeff ? start + 1 : start)
}

function skipBlanks(text: string, at: number): number {
  let i = at
  while (text[i] === ' ') i++
  return i
}
