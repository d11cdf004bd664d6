// Times and numbers in the reader's own zone and language.
import { language } from '../i18n/i18n.ts'

const day = 86_400_000

/** `14:03:22.123` for a record of today, `11-22 14:03:22.123` otherwise. `time` is ISO text or ms since 1970 UTC. */
export function recordTime(time: string | number): string {
  const date = new Date(time)
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
  return isToday(date) ? clock : `${calendarDay(date).slice(5)} ${clock}`
}

/** `2026-11-23 14:03:22` in the reader's zone. */
export function fullTime(time: string | number): string {
  const date = new Date(time)
  return `${calendarDay(date)} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
}

/** `14:03`, with `Mon` or the date before it when that day is not today. */
export function shortTime(time: string | number): string {
  const date = new Date(time)
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`
  return isToday(date) ? clock : `${calendarDay(date).slice(5)} ${clock}`
}

/** `3 minutes ago` in the reader's language. */
export function relativeTime(time: string | number, now = Date.now()): string {
  const seconds = Math.round((new Date(time).getTime() - now) / 1000)
  const format = new Intl.RelativeTimeFormat(language(), { numeric: 'auto', style: 'short' })
  const size = Math.abs(seconds)
  if (size < 60) return format.format(seconds, 'second')
  if (size < 3600) return format.format(Math.round(seconds / 60), 'minute')
  if (size < day / 1000) return format.format(Math.round(seconds / 3600), 'hour')
  return format.format(Math.round((seconds * 1000) / day), 'day')
}

/** `5 min`, `36 h`, `3 days`: how long, in the largest unit that says it well. */
export function duration(seconds: number): string {
  const [size, unit] = units.find(([size]) => seconds >= 2 * size) ?? ([1, 'second'] as const)
  const format = new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'short' })
  return format.format(Math.round(seconds / size))
}

const units = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const

export function number(value: number): string {
  return new Intl.NumberFormat(language()).format(value)
}

/** `12.4K`, for axes and tight places. */
export function compactNumber(value: number): string {
  return new Intl.NumberFormat(language(), { notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

function calendarDay(date: Date): string {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

export function isToday(date: Date): boolean {
  return calendarDay(date) === calendarDay(new Date())
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}
