// Timestamps (rule R7): the shapes that real senders write, at a position of the text. Bounded patterns, no backtracking over text.
import type { WallTime } from './calendar.ts'
import { isMnemonic } from './mnemonic.ts'
import type { ParseOptions } from './types.ts'
import { instantOf, parseOffset, type ZoneOffsets, zoneNames } from './zone.ts'

/** A timestamp that was read: `end` is behind it and its colon. `value` undefined: right shape, impossible time. */
export type TimestampRead = {
  readonly value: number | undefined
  readonly end: number
}

//   [*.] ( BSD | ISO | epoch | Sophos | NetScaler ) followed by ":", blank or the end
/** Reads a timestamp of a legacy header; undefined when none stands at `at`. `isCisco`: a sequence number or origin came before. */
export function readTimestamp(
  text: string,
  at: number,
  options: ParseOptions,
  isCisco = false,
): TimestampRead | undefined {
  const mark = text[at] === '*' || text[at] === '.' ? 1 : 0
  const start = at + mark
  const first = text.charCodeAt(start)
  const isDigit = first >= 0x30 && first <= 0x39
  if (!isDigit && !((first | 0x20) >= 0x61 && (first | 0x20) <= 0x7a)) return undefined
  const tail: Tail = { text, options, isCisco: isCisco || mark === 1 }
  if (!isDigit) return readBsd(start, tail)
  return (
    readIso(start, tail) ??
    readEpoch(start, tail) ??
    readBsd(start, tail) ??
    readSophos(start, tail) ??
    readNetScaler(start, tail)
  )
}

const iso =
  /(\d{4})([-/])(\d{1,2})\2(\d{1,2})[Tt ](\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,12})(?!\d))?([Zz]|[+-]\d\d(?::?\d\d)?)?/y

/** Reads the TIMESTAMP field of RFC 5424 §6.2.3 and its neighbours. Always consumes one token; `value` undefined if unreadable. */
export function readIsoToken(text: string, at: number, options: ParseOptions): TimestampRead {
  iso.lastIndex = at
  const found = iso.exec(text)
  if (found !== null && (iso.lastIndex === text.length || text[iso.lastIndex] === ' ')) {
    return { value: isoInstant(found, undefined, options), end: iso.lastIndex }
  }
  const blank = text.indexOf(' ', at)
  return { value: undefined, end: blank < 0 ? text.length : blank }
}

type Tail = { readonly text: string; readonly options: ParseOptions; readonly isCisco: boolean }

function readIso(at: number, tail: Tail): TimestampRead | undefined {
  iso.lastIndex = at
  const found = iso.exec(tail.text)
  if (found === null) return undefined
  const zone = found[9] === undefined ? readZone(iso.lastIndex, tail, found[8] !== undefined) : undefined
  return close(isoInstant(found, zone?.offsets, tail.options), zone?.end ?? iso.lastIndex, tail)
}

function isoInstant(found: RegExpExecArray, named: ZoneOffsets, options: ParseOptions): number | undefined {
  const minutes = found[9] === undefined ? undefined : parseOffset(found[9])
  if (found[9] !== undefined && minutes === undefined) return undefined
  const wall = {
    year: Number(found[1]),
    month: Number(found[3]),
    day: Number(found[4]),
    hour: Number(found[5]),
    minute: Number(found[6]),
    second: Number(found[7]),
    ms: fractionMs(found[8]),
  }
  return instantOf(wall, minutes === undefined ? named : [minutes], options)
}

const bsd =
  /(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? {1,3})?(?:(\d{4}) {1,3})?([a-z]{3}) {1,3}(\d{1,2})(?: {1,3}(\d{4}))? {1,3}(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,12})(?!\d))?(?: ([ap]m)(?:\.(\d{1,12}))?(?=[ :]|$))?/iy
// Behind the time: else an IPv6 host `2001:db8::1` would be the year 2001.
const yearBehind = / ((?:19|20)\d\d)(?= |$|: )/y

function readBsd(at: number, tail: Tail): TimestampRead | undefined {
  bsd.lastIndex = at
  const found = bsd.exec(tail.text)
  if (found === null) return undefined
  const [, yearFirst, monthName, day, yearInside, hour, minute, second, fraction, half, halfFraction] = found
  const zone = readZone(bsd.lastIndex, tail, (fraction ?? halfFraction) !== undefined)
  let end = zone?.end ?? bsd.lastIndex
  let year = yearFirst ?? yearInside
  if (year === undefined) {
    yearBehind.lastIndex = end
    const behind = yearBehind.exec(tail.text)
    if (behind !== null) {
      year = behind[1]
      end = yearBehind.lastIndex
    }
  }
  const wall = {
    year: year === undefined ? undefined : Number(year),
    month: monthNumber(monthName ?? ''),
    day: Number(day),
    hour: fullHour(Number(hour), half),
    minute: Number(minute),
    second: Number(second),
    ms: fractionMs(fraction ?? halfFraction),
  }
  return closeWall(wall, zone?.offsets, end, tail)
}

const epoch = /(?:1 )?(\d{10})(?:(\d{3})|\.(\d{1,12}))?(?= )/y
const year2000 = 946_684_800
const year2100 = 4_102_444_800

/** Seconds or milliseconds since 1970, 2000 to 2100. Meraki writes `1 ` in front. */
function readEpoch(at: number, tail: Tail): TimestampRead | undefined {
  epoch.lastIndex = at
  const found = epoch.exec(tail.text)
  const seconds = Number(found?.[1])
  if (found === null || seconds < year2000 || seconds >= year2100) return undefined
  return { value: seconds * 1000 + fractionMs(found[2] ?? found[3]), end: epoch.lastIndex }
}

const sophos = /(\d{4}):(\d\d):(\d\d)-(\d\d):(\d\d):(\d\d)/y

function readSophos(at: number, tail: Tail): TimestampRead | undefined {
  sophos.lastIndex = at
  const found = sophos.exec(tail.text)
  if (found === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number)
  return closeWall({ year, month, day, hour, minute, second, ms: 0 }, undefined, sophos.lastIndex, tail)
}

const netScaler = /(\d\d)\/(\d\d)\/(\d{4}):(\d\d):(\d\d):(\d\d)/y

function readNetScaler(at: number, tail: Tail): TimestampRead | undefined {
  netScaler.lastIndex = at
  const found = netScaler.exec(tail.text)
  if (found === null) return undefined
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number)
  const zone = readZone(netScaler.lastIndex, tail, false)
  const wall = { year, month, day, hour, minute, second, ms: 0 }
  return closeWall(wall, zone?.offsets, zone?.end ?? netScaler.lastIndex, tail)
}

const zoneBehind = / (?:((?:UTC|GMT|TZ)[+-]\d{1,2}(?::?\d\d)?|[+-]\d\d:?\d\d)|([A-Za-z]{2,20}))(?=[ :]|$)/y

type ZoneRead = { readonly offsets: ZoneOffsets; readonly end: number }

/** The zone behind a time: an offset, a name of the table, or any word in front of a Cisco `: %` (named on the device: unknown). */
function readZone(at: number, tail: Tail, hasFraction: boolean): ZoneRead | undefined {
  zoneBehind.lastIndex = at
  const found = zoneBehind.exec(tail.text)
  if (found === null) return undefined
  const end = zoneBehind.lastIndex
  const [, offset, name = ''] = found
  if (offset !== undefined) {
    const minutes = parseOffset(offset.replace(/^[A-Z]+/, ''))
    return { offsets: minutes === undefined ? impossible : [minutes], end }
  }
  const offsets = zoneNames.get(name)
  if (offsets !== undefined) return { offsets, end }
  if (!tail.text.startsWith(': %', end) || !isMnemonic(tail.text, end + 2)) return undefined
  // Without IOS's own marks `word: %ASA-…` is rather a host.
  const isFirewall = /%(?:ASA|FTD|PIX|FWSM)-/y
  isFirewall.lastIndex = end + 2
  const isZone = tail.isCisco || hasFraction || (/^[A-Z]/.test(name) && !isFirewall.test(tail.text))
  return isZone ? { offsets: undefined, end } : undefined
}

/** No offset at all: the instant becomes undefined. */
const impossible: readonly number[] = [Number.NaN]

function closeWall(wall: WallTime, offsets: ZoneOffsets, end: number, tail: Tail): TimestampRead | undefined {
  return close(instantOf(wall, offsets, tail.options), end, tail)
}

function close(value: number | undefined, end: number, tail: Tail): TimestampRead | undefined {
  const known = value === undefined || Number.isNaN(value) ? undefined : value
  if (end === tail.text.length || tail.text[end] === ' ') return { value: known, end }
  return tail.text[end] === ':' ? { value: known, end: end + 1 } : undefined
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** 1..12, or 0 for a word that is no month. */
function monthNumber(name: string): number {
  return months.indexOf(name.toLowerCase()) + 1
}

function fullHour(hour: number, half: string | undefined): number {
  if (half === undefined) return hour
  if (hour < 1 || hour > 12) return 24
  return (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
}

/** The first three digits of a fraction: truncated, never rounded up into the next second. */
function fractionMs(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.slice(0, 3).padEnd(3, '0'))
}
