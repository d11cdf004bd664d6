// Times in queries: dates of any precision, and `now` with offsets. UTC where no zone is given.

/** A span of time: from `start` up to, not including, `end`; ms since 1970 UTC. A date is its whole day. */
export type TimeSpan = { readonly start: number; readonly end: number }

const unitMs: { readonly [unit: string]: number } = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const date =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,3})\d*)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/i
const relative = /^now((?:[+-]\d{1,9}[smhdw])*)(\/d)?$/

/** True for `now`, `now-1h`, `now-7d/d` … */
export function isRelativeTime(text: string): boolean {
  return relative.test(text)
}

/**
 * The instant that `now-1h`, `now-7d/d` … means, ms since 1970 UTC; `/d` goes back to the start of the UTC day.
 * undefined when `text` is none of these.
 */
export function resolveTime(text: string, now: number): number | undefined {
  const match = relative.exec(text)
  if (match === null) return undefined
  let time = now
  for (const [, sign, count, unit] of (match[1] ?? '').matchAll(/([+-])(\d+)([smhdw])/g)) {
    time += (sign === '-' ? -1 : 1) * Number(count) * (unitMs[unit ?? 's'] ?? 0)
  }
  return match[2] === undefined ? time : Math.floor(time / 86_400_000) * 86_400_000
}

/**
 * The span that `2026`, `2026-11`, `2026-11-23`, `2026-11-23T12:00`, `…:00.123Z`, `…+01:00`, or ms since 1970
 * (11 to 15 digits) names; undefined when it is none of these or not a real date.
 */
export function parseTime(text: string): TimeSpan | undefined {
  if (/^\d{11,15}$/.test(text)) return { start: Number(text), end: Number(text) + 1 }
  const match = date.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const parts = [year, month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0].map(Number)
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts
  const milliseconds = Number((fraction ?? '').padEnd(3, '0'))
  const at = (years: number, months: number) => {
    const made = new Date(0)
    made.setUTCFullYear(years, months, d)
    return made.setUTCHours(h, mi, s, milliseconds)
  }
  const start = at(y, mo - 1)
  const back = new Date(start)
  if (back.getUTCMonth() !== mo - 1 || back.getUTCDate() !== d || h > 23 || mi > 59 || s > 59) return undefined
  const offset = zoneMs(zone)
  if (offset === undefined) return undefined
  return { start: start - offset, end: end() - offset }

  function end(): number {
    if (fraction !== undefined) return start + 1
    if (second !== undefined) return start + 1000
    if (hour !== undefined) return start + 60_000
    if (day !== undefined) return start + 86_400_000
    return month === undefined ? at(y + 1, 0) : at(y, mo)
  }
}

function zoneMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 14 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
