// Days and wall times in the proleptic Gregorian calendar, as numbers: no Date objects, no two-digit year surprises.

export const dayMs = 86_400_000

/** A time as a clock on the wall shows it. `year` undefined: the sender named none. Values may be impossible. */
export type WallTime = {
  readonly year: number | undefined
  /** 1..12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  /** 60 is the next second (rule R7). */
  readonly second: number
  readonly ms: number
}

/** Days from 1970-01-01 to this date (negative before). */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** 28..31, or 0 when there is no such month. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  if (month < 1 || month > 12) return 0
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** ms since 1970 as if the wall stood in UTC, or undefined for an impossible date or time. */
export function wallMs(year: number, wall: WallTime): number | undefined {
  if (wall.day < 1 || wall.day > daysInMonth(year, wall.month)) return undefined
  if (wall.hour > 23 || wall.minute > 59 || wall.second > 60) return undefined
  const ms = wall.second === 60 ? 0 : wall.ms
  return (
    daysSinceEpoch(year, wall.month, wall.day) * dayMs + (wall.hour * 3600 + wall.minute * 60 + wall.second) * 1000 + ms
  )
}
