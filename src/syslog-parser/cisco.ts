// What Cisco devices put in front of the timestamp or of `%FAC-n-MNEMONIC` (rule R11): counters, colons, an origin, an uptime.
import { isMnemonic } from './mnemonic.ts'
import { readTimestamp, type TimestampRead } from './timestamp.ts'
import type { ParseOptions } from './types.ts'

export type CiscoFront = {
  /** `logging origin-id`. */
  readonly origin: string | undefined
  /** undefined: the message name follows directly. An uptime has no value. */
  readonly timestamp: TimestampRead | undefined
  readonly end: number
}

//   [ n ": " [ n ": " ] / ": " / ":" ] [ origin ": " ] ( TIMESTAMP / UPTIME ":" / "%" )
const counters = /(?:\d{1,20}: {1,2}){1,2}|: ?/y
const origin = /([\p{L}\p{N}_./@-][\p{L}\p{N}_.:/@-]{0,255}): /uy
const uptime = /[*.]?(?:\d{1,10}:\d\d:\d\d(?:[.,]\d{1,9})?|(?:\d{1,5}[ywdhms]){1,4}): (?=%)/y

/** Reads what stands directly behind PRI; undefined unless a timestamp, an uptime or `%` follows it. */
export function readCiscoFront(text: string, at: number, options: ParseOptions): CiscoFront | undefined {
  counters.lastIndex = at
  const counted = counters.test(text)
  for (const start of counted ? [counters.lastIndex] : [at]) {
    const direct = readBehind(text, start, undefined, options)
    if (direct !== undefined) return counted || direct.timestamp !== undefined ? direct : undefined
    origin.lastIndex = start
    const name = origin.exec(text)?.[1]
    if (name === undefined) continue
    const named = readBehind(text, origin.lastIndex, name, options)
    // Without a counter `word: time` is a tag and its text, unless the text is a Cisco message.
    if (named !== undefined && (counted || isMnemonic(text, skipBlanks(text, named.end)))) return named
  }
  // One counter only, and then an origin that looks like one (`29: 7: `), needs no further try: it would be a host of digits.
  return undefined
}

function readBehind(text: string, at: number, name: string | undefined, options: ParseOptions): CiscoFront | undefined {
  uptime.lastIndex = at
  if (uptime.test(text)) {
    const end = uptime.lastIndex
    return { origin: name, timestamp: { value: undefined, end }, end }
  }
  if (isMnemonic(text, at)) return { origin: name, timestamp: undefined, end: at }
  const timestamp = readTimestamp(text, at, options, true)
  return timestamp === undefined ? undefined : { origin: name, timestamp, end: timestamp.end }
}

function skipBlanks(text: string, at: number): number {
  let i = at
  while (text[i] === ' ') i++
  return i
}
