// The fast path: reads the commonest strict headers from bytes, without making strings or objects.
//
//   <PRI> Mmm dd hh:mm:ss                              HOST APP ": " / "[" PID "]: " text
//   <PRI> YYYY-MM-DD "T" hh:mm:ss [.1*6d] Z / ±hh:mm   HOST APP ": " / "[" PID "]: " text
//   <PRI> "1 " ( "-" / the same ) HOST APP PROCID "- -" [" " text]
//
// Whatever parseMessage could read in another way (a host named like a time zone, a Cisco name, any byte outside ASCII) is refused.
import {
  isVersion1,
  stampNil,
  tailNothing,
  tailShift,
  tailTag,
  tailTagOnly,
  tailTagPid,
  tailTagPidOnly,
  tailText,
} from './layout.ts'
import { isPlainText } from './plain-text.ts'
import { ScanCache, scanBsd, scanIso } from './scan-time.ts'

export { formatOfLayout, printHeader } from './layout.ts'

/** What scanHeader found: numbers only, so that one object serves for every frame. Positions are offsets in `bytes`. */
export class HeaderScan {
  /** How the header was written (bit fields, 0 < layout < 2^31), enough for printHeader to write it again. */
  layout = 0
  /** 0..191. */
  pri = 0
  /** µs since 1970 UTC; NaN when the header says `-`. Math.floor(timestampMicros / 1000) is parseMessage's timestamp. */
  timestampMicros = Number.NaN
  /** [start, end) of each field; equal = absent. */
  hostStart = 0
  hostEnd = 0
  appStart = 0
  appEnd = 0
  procIdStart = 0
  procIdEnd = 0
  /** The message is bytes[messageStart..end). */
  messageStart = 0
  /** What the last frames had in common. */
  readonly cache = new ScanCache()
}

/**
 * Reads the header of the frame bytes[start..end) into `into`. True: parseMessage would give exactly these values and the
 * message is the rest of the bytes. False: the form is not one of the strict ones; use parseMessage, `into` is undefined.
 * `receivedAt` in ms; `zone` as ParseOptions.timeZone.
 */
export function scanHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedAt: number,
  zone: string | undefined,
  into: HeaderScan,
): boolean {
  let at = readPri(bytes, start, end, into)
  if (at < 0 || at + 4 > end) return false
  const first = bytes[at] ?? 0
  if (first === 0x31 && bytes[at + 1] === 0x20) {
    at = readVersion1(bytes, at + 2, end, into)
  } else {
    const isBsd = first > 0x39
    at = isBsd ? scanBsd(bytes, at, end, receivedAt, zone, into) : scanIso(bytes, at, end, into)
    if (at < 0) return false
    at = readHost(bytes, at, end, isBsd, into)
    if (at < 0) return false
    at = readTag(bytes, at, end, into)
  }
  if (at < 0) return false
  into.messageStart = at
  return isPlainText(bytes, at, end, into.cache.view)
}

/** `<0>` .. `<191>` without leading zeros; returns where the rest begins, or -1. */
function readPri(bytes: Uint8Array, start: number, end: number, into: HeaderScan): number {
  if (start + 5 > end || bytes[start] !== 0x3c) return -1
  let at = start + 1
  let pri = 0
  while (at < start + 4) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) break
    pri = pri * 10 + digit
    at++
  }
  if (at === start + 1 || bytes[at] !== 0x3e || pri > 191) return -1
  if (bytes[start + 1] === 0x30 && at > start + 2) return -1
  into.pri = pri
  return at + 1
}

/** Behind `1 `: the timestamp, three fields, and nil for MSGID and STRUCTURED-DATA. */
function readVersion1(bytes: Uint8Array, from: number, end: number, into: HeaderScan): number {
  let at = from
  if (bytes[at] === 0x2d) {
    into.layout = stampNil
    into.timestampMicros = Number.NaN
    at++
  } else {
    at = scanIso(bytes, at, end, into)
    if (at < 0) return -1
  }
  if (at + 10 > end || bytes[at] !== 0x20) return -1
  into.hostStart = at + 1
  at = fieldEnd(bytes, at + 1, end)
  if (at < 0) return -1
  into.hostEnd = isNil(bytes, into.hostStart, at) ? into.hostStart : at
  into.appStart = at + 1
  at = fieldEnd(bytes, at + 1, end)
  if (at < 0) return -1
  into.appEnd = isNil(bytes, into.appStart, at) ? into.appStart : at
  into.procIdStart = at + 1
  at = fieldEnd(bytes, at + 1, end)
  if (at < 0 || at + 4 > end) return -1
  into.procIdEnd = isNil(bytes, into.procIdStart, at) ? into.procIdStart : at
  if (bytes[at + 1] !== 0x2d || bytes[at + 2] !== 0x20 || bytes[at + 3] !== 0x2d) return -1
  at += 4
  into.layout |= isVersion1
  if (at === end) {
    into.layout |= tailNothing << tailShift
    return at
  }
  if (bytes[at] !== 0x20) return -1
  into.layout |= tailText << tailShift
  return at + 1
}

/** Where the blank behind a field of printable ASCII is, or -1. A `[` could begin structured data. */
function fieldEnd(bytes: Uint8Array, from: number, end: number): number {
  if (bytes[from] === 0x5b) return -1
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte === 0x20) return at > from ? at : -1
    if (byte < 0x21 || byte > 0x7e) return -1
  }
  return -1
}

function isNil(bytes: Uint8Array, from: number, to: number): boolean {
  return to === from + 1 && bytes[from] === 0x2d
}

/** ` HOST ` of letters, digits, `.`, `-` and `_`; returns where the tag begins, or -1. */
function readHost(bytes: Uint8Array, at: number, end: number, isBsd: boolean, into: HeaderScan): number {
  if (bytes[at] !== 0x20) return -1
  const from = at + 1
  let i = from
  while (i < end && ((byteKinds[bytes[i] ?? 0] ?? 0) & hostByte) !== 0) i++
  if (i === from || i >= end || bytes[i] !== 0x20 || bytes[from] === 0x2d) return -1
  if (isOddHost(bytes, from, i) || (isBsd && isPartOfTime(bytes, from, i))) return -1
  into.hostStart = from
  into.hostEnd = i
  return i + 1
}

/** AIX's `From`, and every word that ends like a severity (F5 `notice`, BusyBox `daemon.warn`). */
function isOddHost(bytes: Uint8Array, from: number, to: number): boolean {
  const last = bytes[to - 1] ?? 0
  if (last < 0x61 || to - from < 3) return false
  switch (((bytes[to - 3] ?? 0) << 16) | ((bytes[to - 2] ?? 0) << 8) | last) {
    case 0x657267: // erg
    case 0x6e6963: // nic
    case 0x657274: // ert
    case 0x726974: // rit
    case 0x657272: // err
    case 0x726f72: // ror
    case 0x696e67: // ing
    case 0x61726e: // arn
    case 0x696365: // ice
    case 0x6e666f: // nfo
    case 0x627567: // bug
      return true
    case 0x726f6d: // rom
      return to - from === 4 && bytes[from] === 0x46
    default:
      return false
  }
}

/** Behind `hh:mm:ss`: a year, AM or PM, a zone of up to five letters, `UTC-5`. */
function isPartOfTime(bytes: Uint8Array, from: number, to: number): boolean {
  const size = to - from
  const first = bytes[from] ?? 0
  const second = bytes[from + 1] ?? 0
  if (size === 4 && (first === 0x31 || first === 0x32)) return true
  if (((first | 0x20) === 0x61 || (first | 0x20) === 0x70) && (second | 0x20) === 0x6d) return true
  if (first < 0x41 || first > 0x5a) return false
  if (size <= 5 || first === 0x54) return true
  return (first === 0x55 || first === 0x47) && bytes[from + 3] === 0x2d
}

/** `app: ` or `app[pid]: `; at the end of the frame without the blank. Returns where the message begins, or -1. */
function readTag(bytes: Uint8Array, at: number, end: number, into: HeaderScan): number {
  const first = (bytes[at] ?? 0) | 0x20
  if (at >= end || first < 0x61 || first > 0x7a) return -1
  let i = at + 1
  while (i < end && ((byteKinds[bytes[i] ?? 0] ?? 0) & appByte) !== 0) i++
  if (i >= end) return -1
  into.appStart = at
  into.appEnd = i
  into.procIdStart = i
  into.procIdEnd = i
  let tail = tailTag
  if (bytes[i] === 0x5b) {
    const pidStart = ++i
    while (i < end && ((byteKinds[bytes[i] ?? 0] ?? 0) & hostByte) !== 0) i++
    if (i === pidStart || i >= end || bytes[i] !== 0x5d) return -1
    into.procIdStart = pidStart
    into.procIdEnd = i
    tail = tailTagPid
    i++
    if (i >= end) return -1
  }
  if (bytes[i] !== 0x3a) return -1
  // CEF: and LEEF: begin a body.
  if (tail === tailTag && bytes[i - 1] === 0x46 && bytes[i - 2] === 0x45) return -1
  i++
  if (i === end) {
    into.layout |= (tail === tailTag ? tailTagOnly : tailTagPidOnly) << tailShift
    return i
  }
  if (bytes[i] !== 0x20) return -1
  i++
  // Solaris: `[ID 800047 auth.info] `
  if (i + 3 < end && bytes[i] === 0x5b && bytes[i + 1] === 0x49 && bytes[i + 2] === 0x44) return -1
  into.layout |= tail << tailShift
  return i
}

const hostByte = 1
const appByte = 2
/** Letters, digits, `.`, `-`, `_` in hosts; also `/`, `@`, `+`, `(`, `)` in program names. */
const byteKinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte)
  if (/[A-Za-z0-9._-]/.test(char)) return hostByte | appByte
  return /[/@+()]/.test(char) ? appByte : 0
})
