// The two timestamps of the fast path, from bytes to µs. The rules are those of instantOf; whatever is unclear is left to it.
import { dayMs, daysInMonth, daysSinceEpoch, wallMs } from './calendar.ts'
import {
  digitsShift,
  offsetBias,
  offsetShift,
  stampBlank,
  stampIso,
  stampZero,
  zoneMinusZero,
  zoneShift,
  zoneSigned,
  zoneZ,
} from './layout.ts'
import { WordView } from './plain-text.ts'
import type { HeaderScan } from './scan.ts'
import { instantOf, steadyOffset } from './zone.ts'

/** Consecutive frames mostly share date, year of reception and zone. */
export class ScanCache {
  date = -1
  dateMs = 0
  year = 0
  yearFrom = 0
  yearTo = 0
  zone = ''
  zoneHour = Number.NaN
  zoneOffset = 0
  readonly view = new WordView()
}

/** µs must stay exact integers, and years of four digits: others are refused. */
const firstYear = 1971
const lastYear = 2099

/** `YYYY-MM-DDThh:mm:ss[.1*6d](Z|±hh:mm)`; returns where it ends, or -1. */
export function scanIso(bytes: Uint8Array, at: number, end: number, into: HeaderScan): number {
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
export function scanBsd(
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
