// Wall time to instant (rule R8): zone offsets, daylight saving, the missing year, ambiguous zone names.
import { dayMs, type WallTime, wallMs } from './calendar.ts'
import type { ParseOptions } from './types.ts'

/** Offsets from UTC in minutes that the sender may mean, likeliest first; undefined: it named no zone. */
export type ZoneOffsets = readonly number[] | undefined

type TimeOptions = Pick<ParseOptions, 'receivedAt' | 'timeZone'>

/**
 * ms since 1970 UTC, or undefined when the wall time is impossible. A missing year is the latest that puts the time at most
 * 24 hours after reception; an hour that came twice is the one nearer to reception; a skipped hour counts as before the change.
 */
export function instantOf(wall: WallTime, offsets: ZoneOffsets, options: TimeOptions): number | undefined {
  if (wall.year !== undefined) {
    const local = wallMs(wall.year, wall)
    return local === undefined ? undefined : localToUtc(local, offsets, options)
  }
  const receivedYear = new Date(options.receivedAt).getUTCFullYear()
  for (let year = receivedYear + 1; year >= receivedYear - 1; year--) {
    const local = wallMs(year, wall)
    const instant = local === undefined ? undefined : localToUtc(local, offsets, options)
    if (instant !== undefined && instant <= options.receivedAt + dayMs) return instant
  }
  return undefined
}

/** Offset of `zone` in ms when it is the same a day and more before and after the wall time `local` (ms); else NaN. */
export function steadyOffset(zone: string, local: number): number {
  const before = offsetAt(zone, local - dayMs)
  // `local` may stand for its whole hour.
  return before === offsetAt(zone, local + dayMs + 3_600_000) ? before : Number.NaN
}

/** Minutes of `Z`, `+hh:mm`, `+hhmm`, `+hh` or `+h`; undefined beyond 23:59. */
export function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0
  const digits = text.slice(1).replace(':', '')
  const hours = Number(digits.length <= 2 ? digits : digits.slice(0, -2))
  const minutes = digits.length <= 2 ? 0 : Number(digits.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  return (hours * 60 + minutes) * (text.startsWith('-') ? -1 : 1)
}

/** Offsets of zone names in minutes. Several: the name is used in several places; the assumed zone decides, else the first. */
export const zoneNames: ReadonlyMap<string, readonly number[]> = new Map(
  Object.entries({
    UTC: [0],
    GMT: [0],
    UT: [0],
    WET: [0],
    WEST: [60],
    CET: [60],
    CEST: [120],
    MET: [60],
    MEST: [120],
    EET: [120],
    EEST: [180],
    MSK: [180],
    MSD: [240],
    SAST: [120],
    BST: [60, 360],
    IST: [330, 120, 60],
    PKT: [300],
    NPT: [345],
    CST: [-360, 480, -300],
    CDT: [-300],
    EST: [-300, 600],
    EDT: [-240],
    MST: [-420],
    MDT: [-360],
    PST: [-480],
    PDT: [-420],
    AKST: [-540],
    AKDT: [-480],
    HST: [-600],
    AST: [-240],
    ADT: [-180],
    NST: [-210],
    NDT: [-150],
    BRT: [-180],
    BRST: [-120],
    HKT: [480],
    SGT: [480],
    MYT: [480],
    PHT: [480],
    AWST: [480],
    WIB: [420],
    ICT: [420],
    JST: [540],
    KST: [540],
    ACST: [570],
    ACDT: [630],
    AEST: [600],
    AEDT: [660],
    NZST: [720],
    NZDT: [780],
  }),
)

function localToUtc(local: number, offsets: ZoneOffsets, options: TimeOptions): number {
  if (offsets === undefined) return assumedToUtc(local, options)
  let minutes = offsets[0] ?? 0
  if (offsets.length > 1) {
    const assumed = (local - assumedToUtc(local, options)) / 60_000
    if (offsets.includes(assumed)) minutes = assumed
  }
  return local - minutes * 60_000
}

function assumedToUtc(local: number, options: TimeOptions): number {
  const zone = options.timeZone
  if (zone === undefined || zone === 'UTC') return local
  const before = offsetAt(zone, local - dayMs)
  const after = offsetAt(zone, local + dayMs)
  const first = local - before
  if (before === after) return first
  const second = local - after
  const isFirst = offsetAt(zone, first) === before
  const isSecond = offsetAt(zone, second) === after
  if (isFirst && isSecond) {
    return Math.abs(first - options.receivedAt) <= Math.abs(second - options.receivedAt) ? first : second
  }
  return isSecond ? second : first
}

type ZoneClock = {
  readonly fixedMs: number | undefined
  readonly format: Intl.DateTimeFormat | undefined
  readonly known: Map<number, number>
}

const clocks = new Map<string, ZoneClock>()
const maxClocks = 64
/** Zones change at full quarters of an hour UTC, so one answer serves for a quarter. */
const quarterMs = 900_000
const maxQuarters = 10_000
/** Far past and future have the offset of these years: the database has nothing better, and Intl numbers BC years otherwise. */
const earliest = Date.UTC(1900, 0, 1)
const latest = Date.UTC(2200, 0, 1)

/** Offset of `zone` in ms at an instant; an unknown zone is UTC. */
function offsetAt(zone: string, instant: number): number {
  let clock = clocks.get(zone)
  if (clock === undefined) {
    if (clocks.size >= maxClocks) clocks.clear()
    clock = newClock(zone)
    clocks.set(zone, clock)
  }
  if (clock.fixedMs !== undefined || clock.format === undefined) return clock.fixedMs ?? 0
  const quarter = Math.floor(Math.min(Math.max(instant, earliest), latest) / quarterMs)
  const known = clock.known.get(quarter)
  if (known !== undefined) return known
  if (clock.known.size >= maxQuarters) clock.known.clear()
  const offset = printedOffset(clock.format.format(quarter * quarterMs))
  clock.known.set(quarter, offset)
  return offset
}

function newClock(zone: string): ZoneClock {
  const known = new Map<number, number>()
  if (/^(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(zone))
    return { fixedMs: (parseOffset(zone) ?? 0) * 60_000, format: undefined, known }
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    return { fixedMs: undefined, format, known }
  } catch {
    return { fixedMs: 0, format: undefined, known }
  }
}

/** ms of `… GMT+05:45` or `… GMT-00:01:15`. */
function printedOffset(text: string): number {
  const [, sign, hours, minutes, seconds] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(text) ?? []
  const size = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000
  return sign === '-' ? -size : size
}
