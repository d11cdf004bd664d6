// The fast path: reads the commonest strict headers from bytes, without making strings or objects.
//
//   <PRI> Mmm dd hh:mm:ss                              HOST APP ": " / "[" PID "]: " text
//   <PRI> YYYY-MM-DD "T" hh:mm:ss [.1*6d] Z / ±hh:mm   HOST APP ": " / "[" PID "]: " text
//   <PRI> "1 " ( "-" / the same ) HOST APP PROCID "- -" [" " text]
//
// Whatever parseMessage could read in another way (a host named like a time zone, a Cisco name, any byte outside ASCII) is refused.
import { dayMs, daysInMonth, daysSinceEpoch, wallMs } from './calendar.ts'
import type { Format } from './types.ts'
import { instantOf, steadyOffset } from './zone.ts'

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

/** Consecutive frames mostly share date, year of reception and zone. */
class ScanCache {
  date = -1
  dateMs = 0
  year = 0
  yearFrom = 0
  yearTo = 0
  zone = ''
  zoneHour = Number.NaN
  zoneOffset = 0
  memory: ArrayBufferLike | undefined
  words = new Int32Array(0)
}

// layout:  31 30..................... 22 21 20 19 18 17 ........... 6 5 4 3 2 1 0
//          0  reserved               | tail    |zone | offset + 1440 |digits |v|stamp
const stampNil = 0
const stampBlank = 1
const stampZero = 2
const stampIso = 3
const isVersion1 = 1 << 2
const digitsShift = 3
const offsetShift = 6
const offsetBias = 1440
const zoneShift = 18
const zoneZ = 0
const zoneSigned = 1
/** `-00:00` */
const zoneMinusZero = 2
const tailShift = 20
/** `app: `, `app[pid]: `, `app:` and `app[pid]:` at the end, RFC 5424 with and without a blank behind the last `-`. */
const tailTag = 1
const tailTagPid = 2
const tailTagOnly = 3
const tailTagPidOnly = 4
const tailText = 5
const tailNothing = 6

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
    at = isBsd ? readBsd(bytes, at, end, receivedAt, zone, into) : readIso(bytes, at, end, into)
    if (at < 0) return false
    at = readHost(bytes, at, end, isBsd, into)
    if (at < 0) return false
    at = readTag(bytes, at, end, into)
  }
  if (at < 0) return false
  into.messageStart = at
  return isPlainText(bytes, at, end, into.cache)
}

/** Which header a layout stands for. */
export function formatOfLayout(layout: number): Format {
  return (layout & isVersion1) === 0 ? 'rfc3164' : 'rfc5424'
}

/** The header's bytes as they came: printHeader(scan values) === frame[start..messageStart) when scanHeader returned true. */
export function printHeader(
  layout: number,
  pri: number,
  timestampMicros: number,
  host: string | undefined,
  app: string | undefined,
  procId: string | undefined,
): string {
  const time = printTime(layout, timestampMicros)
  switch ((layout >> tailShift) & 7) {
    case tailTag:
      return `<${pri}>${time} ${host ?? ''} ${app ?? ''}: `
    case tailTagPid:
      return `<${pri}>${time} ${host ?? ''} ${app ?? ''}[${procId ?? ''}]: `
    case tailTagOnly:
      return `<${pri}>${time} ${host ?? ''} ${app ?? ''}:`
    case tailTagPidOnly:
      return `<${pri}>${time} ${host ?? ''} ${app ?? ''}[${procId ?? ''}]:`
    case tailText:
      return `<${pri}>1 ${time} ${host ?? '-'} ${app ?? '-'} ${procId ?? '-'} - - `
    default:
      return `<${pri}>1 ${time} ${host ?? '-'} ${app ?? '-'} ${procId ?? '-'} - -`
  }
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function printTime(layout: number, timestampMicros: number): string {
  const stamp = layout & 3
  if (stamp === stampNil) return '-'
  const offset = ((layout >> offsetShift) & 0xfff) - offsetBias
  const seconds = Math.floor(timestampMicros / 1_000_000)
  const wall = new Date(seconds * 1000 + offset * 60_000).toISOString()
  if (stamp !== stampIso) {
    const day = stamp === stampBlank && wall[8] === '0' ? ` ${wall[9]}` : wall.slice(8, 10)
    return `${monthNames[Number(wall.slice(5, 7)) - 1]} ${day} ${wall.slice(11, 19)}`
  }
  const digits = (layout >> digitsShift) & 7
  const micros = String(timestampMicros - seconds * 1_000_000).padStart(6, '0')
  const fraction = digits === 0 ? '' : `.${micros.slice(0, digits)}`
  return `${wall.slice(0, 19)}${fraction}${printOffset((layout >> zoneShift) & 3, offset)}`
}

function printOffset(style: number, offset: number): string {
  if (style === zoneZ) return 'Z'
  const minutes = Math.abs(offset)
  const sign = offset < 0 || style === zoneMinusZero ? '-' : '+'
  return `${sign}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
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
    at = readIso(bytes, at, end, into)
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

/** µs must stay exact integers, and years of four digits: others are refused. */
const firstYear = 1971
const lastYear = 2199

/** `YYYY-MM-DDThh:mm:ss[.1*6d](Z|±hh:mm)`; returns where it ends, or -1. */
function readIso(bytes: Uint8Array, at: number, end: number, into: HeaderScan): number {
  if (at + 20 > end || bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d || bytes[at + 10] !== 0x54) return -1
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
  const date = dateMs(year, twoDigits(bytes, at + 5), twoDigits(bytes, at + 8), into.cache)
  const time = timeMs(bytes, at + 11)
  // Digits that are none make a number below every limit, or NaN.
  if (!(date >= 0) || !(time >= 0)) return -1
  let i = at + 19
  let digits = 0
  let micros = 0
  if (bytes[i] === 0x2e) {
    i++
    while (i < end && digits < 6) {
      const digit = (bytes[i] ?? 0) - 0x30
      if (digit < 0 || digit > 9) break
      micros = micros * 10 + digit
      digits++
      i++
    }
    if (digits === 0) return -1
    for (let n = digits; n < 6; n++) micros *= 10
  }
  if (i >= end) return -1
  const sign = bytes[i]
  let offset = 0
  let style = zoneZ
  if (sign === 0x5a) i++
  else {
    if ((sign !== 0x2b && sign !== 0x2d) || i + 6 > end || bytes[i + 3] !== 0x3a) return -1
    const hours = twoDigits(bytes, i + 1)
    const minutes = twoDigits(bytes, i + 4)
    if (!(hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59)) return -1
    offset = hours * 60 + minutes
    style = zoneSigned
    if (sign === 0x2d) {
      if (offset === 0) style = zoneMinusZero
      offset = -offset
    }
    i += 6
  }
  into.layout = stampIso | (digits << digitsShift) | ((offset + offsetBias) << offsetShift) | (style << zoneShift)
  into.timestampMicros = (date + time - offset * 60_000) * 1000 + micros
  return i
}

/** `Mmm dd hh:mm:ss`, the day padded by a blank or a zero; returns where it ends, or -1. */
function readBsd(
  bytes: Uint8Array,
  at: number,
  end: number,
  receivedAt: number,
  zone: string | undefined,
  into: HeaderScan,
): number {
  if (at + 16 > end || bytes[at + 3] !== 0x20 || bytes[at + 6] !== 0x20) return -1
  const month = monthAt(bytes, at)
  const tens = bytes[at + 4] ?? 0
  const ones = (bytes[at + 5] ?? 0) - 0x30
  if (ones < 0 || ones > 9) return -1
  const isBlank = tens === 0x20
  const day = isBlank ? ones : twoDigits(bytes, at + 4)
  const time = timeMs(bytes, at + 7)
  if (month === 0 || !(day >= 1 && day <= 31) || !(time >= 0)) return -1
  const offset = placeInYear(month, day, time, receivedAt, zone, into)
  if (!Number.isInteger(offset) || offset <= -offsetBias || offset >= offsetBias) return -1
  into.layout = (tens === 0x30 ? stampZero : stampBlank) | ((offset + offsetBias) << offsetShift)
  return at + 15
}

/** Nothing else can be the latest year when the time is within a day ahead and half a year behind. */
const clearlyThisYearMs = 180 * dayMs

/** Sets timestampMicros by the rules of instantOf; returns the offset that was assumed, in minutes, or NaN. */
function placeInYear(
  month: number,
  day: number,
  time: number,
  receivedAt: number,
  zone: string | undefined,
  into: HeaderScan,
): number {
  const cache = into.cache
  if (!(receivedAt >= cache.yearFrom && receivedAt < cache.yearTo)) {
    cache.year = new Date(receivedAt).getUTCFullYear()
    cache.yearFrom = Date.UTC(cache.year, 0)
    cache.yearTo = Date.UTC(cache.year + 1, 0)
  }
  const date = dateMs(cache.year, month, day, cache)
  if (date >= 0) {
    const local = date + time
    const offset = zone === undefined || zone === 'UTC' ? 0 : cachedOffset(zone, local, cache)
    const instant = local - offset
    if (instant - dayMs <= receivedAt && receivedAt <= instant + clearlyThisYearMs) {
      into.timestampMicros = instant * 1000
      return offset / 60_000
    }
  }
  return placeSlowly(month, day, time, receivedAt, zone, into)
}

function placeSlowly(
  month: number,
  day: number,
  time: number,
  receivedAt: number,
  timeZone: string | undefined,
  into: HeaderScan,
): number {
  const hour = Math.floor(time / 3_600_000)
  const minute = Math.floor(time / 60_000) % 60
  const wall = { year: undefined, month, day, hour, minute, second: Math.floor(time / 1000) % 60, ms: 0 }
  const instant = instantOf(wall, undefined, { receivedAt, timeZone })
  if (instant === undefined) return Number.NaN
  const instantYear = new Date(instant).getUTCFullYear()
  if (!(instantYear > firstYear && instantYear < lastYear)) return Number.NaN
  for (let year = instantYear - 1; year <= instantYear + 1; year++) {
    const local = wallMs(year, wall) ?? Number.NaN
    if (Math.abs(local - instant) < dayMs) {
      into.timestampMicros = instant * 1000
      return (local - instant) / 60_000
    }
  }
  return Number.NaN
}

/** Offset in ms while the zone's clock does not change from a day before to a day after; else NaN. */
function cachedOffset(zone: string, local: number, cache: ScanCache): number {
  const hour = Math.floor(local / 3_600_000)
  if (hour !== cache.zoneHour || zone !== cache.zone) {
    cache.zoneHour = hour
    cache.zone = zone
    cache.zoneOffset = steadyOffset(zone, hour * 3_600_000)
  }
  return cache.zoneOffset
}

/** ms from 1970 to the day, or -1 when there is no such day or the year is out of bounds. */
function dateMs(year: number, month: number, day: number, cache: ScanCache): number {
  const date = (year * 100 + month) * 100 + day
  if (date === cache.date) return cache.dateMs
  if (!(year >= firstYear && year <= lastYear && day >= 1 && day <= daysInMonth(year, month))) return -1
  if (!(month >= 1)) return -1
  cache.date = date
  cache.dateMs = daysSinceEpoch(year, month, day) * dayMs
  return cache.dateMs
}

/** ms of `hh:mm:ss`, or NaN. Second 60 is for parseMessage. */
function timeMs(bytes: Uint8Array, at: number): number {
  if (bytes[at + 2] !== 0x3a || bytes[at + 5] !== 0x3a) return Number.NaN
  const hour = twoDigits(bytes, at)
  const minute = twoDigits(bytes, at + 3)
  const second = twoDigits(bytes, at + 6)
  const isTime = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59
  return isTime ? (hour * 3600 + minute * 60 + second) * 1000 : Number.NaN
}

/** 0..99, or a number far below zero. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30
  const ones = (bytes[at + 1] ?? 0) - 0x30
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1_000_000 : tens * 10 + ones
}

/** 1..12 of `Jan` .. `Dec` in just this case, or 0. */
function monthAt(bytes: Uint8Array, at: number): number {
  switch (((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)) {
    case 0x4a616e:
      return 1
    case 0x466562:
      return 2
    case 0x4d6172:
      return 3
    case 0x417072:
      return 4
    case 0x4d6179:
      return 5
    case 0x4a756e:
      return 6
    case 0x4a756c:
      return 7
    case 0x417567:
      return 8
    case 0x536570:
      return 9
    case 0x4f6374:
      return 10
    case 0x4e6f76:
      return 11
    case 0x446563:
      return 12
    default:
      return 0
  }
}

/** ` HOST ` of letters, digits, `.`, `-` and `_`; returns where the tag begins, or -1. */
function readHost(bytes: Uint8Array, at: number, end: number, isBsd: boolean, into: HeaderScan): number {
  if (bytes[at] !== 0x20) return -1
  const from = at + 1
  let i = from
  while (i < end && isHostByte(bytes[i] ?? 0)) i++
  if (i === from || i >= end || bytes[i] !== 0x20 || bytes[from] === 0x2d) return -1
  if (isOddHost(bytes, from, i) || (isBsd && isPartOfTime(bytes, from, i))) return -1
  into.hostStart = from
  into.hostEnd = i
  return i + 1
}

function isHostByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2e ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x5f
  )
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
  while (i < end && isAppByte(bytes[i] ?? 0)) i++
  if (i >= end) return -1
  into.appStart = at
  into.appEnd = i
  into.procIdStart = i
  into.procIdEnd = i
  let tail = tailTag
  if (bytes[i] === 0x5b) {
    const pidStart = ++i
    while (i < end && isHostByte(bytes[i] ?? 0)) i++
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

/** Host bytes and `/`, `@`, `+`, `(`, `)`. */
function isAppByte(byte: number): boolean {
  return isHostByte(byte) || byte === 0x2f || byte === 0x40 || byte === 0x2b || byte === 0x28 || byte === 0x29
}

/** True when bytes[from..end) are printable ASCII and TAB: those that parseMessage leaves as they are. */
function isPlainText(bytes: Uint8Array, from: number, end: number, _cache: ScanCache): boolean {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0
    if ((byte < 0x20 && byte !== 0x09) || byte > 0x7e) return false
  }
  return true
}
