// The times of a request, `from` and `to`: ISO 8601, ms since 1970, or relative to now.
import { PicketError } from '../base/errors.ts'

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
type Unit = keyof typeof unitMs

/** Years 1970 to 9999. */
const maxMs = 253_402_300_799_999

/** `2026-11-23`, `2026-11-23T12:00:00Z`, `1795435200000`, `now-15m`, `now-1d/d` as ms since 1970 UTC. Without a zone: UTC.
 *  Errors: BAD_REQUEST naming the parameter. */
export function parseTime(text: string, parameter: string, nowMs: number): number {
  const ms = parseRelative(text, nowMs) ?? parseAbsolute(text)
  if (ms !== undefined && ms >= 0 && ms <= maxMs) return ms
  throw new PicketError(
    'BAD_REQUEST',
    `parameter ${parameter}: must be a time like now-15m, 2026-11-23T12:00:00Z or ms since 1970`,
  )
}

/** Both bounds of a request. Errors: BAD_REQUEST when one is no time, or `from` is after `to`. */
export function parseRange(
  request: { readonly from?: string | undefined; readonly to?: string | undefined },
  nowMs: number,
): { readonly from: number | undefined; readonly to: number | undefined } {
  const from = request.from === undefined ? undefined : parseTime(request.from, 'from', nowMs)
  const to = request.to === undefined ? undefined : parseTime(request.to, 'to', nowMs)
  if (from !== undefined && to !== undefined && from > to) {
    throw new PicketError('BAD_REQUEST', 'parameter from: must not be later than to')
  }
  return { from, to }
}

/** ms since 1970 UTC as the API prints it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** The same, or null for an absent time. */
export function isoTimeOrNull(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : isoTime(ms)
}

function parseRelative(text: string, nowMs: number): number | undefined {
  // In a URL an unescaped plus arrives as a blank.
  const match = /^now(?:([-+ ])(\d{1,9})([smhdw]))?(?:\/([smhdw]))?$/.exec(text)
  if (!match) return undefined
  const [, sign, amount, unit, rounding] = match
  const ms = unit === undefined ? nowMs : nowMs + (sign === '-' ? -1 : 1) * Number(amount) * unitMs[unit as Unit]
  return rounding === undefined ? ms : roundDown(ms, rounding as Unit)
}

/** Weeks begin on Monday; 1970-01-05 was the first. */
function roundDown(ms: number, unit: Unit): number {
  const offset = unit === 'w' ? 4 * unitMs.d : 0
  return Math.floor((ms - offset) / unitMs[unit]) * unitMs[unit] + offset
}

function parseAbsolute(text: string): number | undefined {
  // Fewer digits are seconds, or a year.
  if (/^(?:0|\d{12,15})$/.test(text)) return Number(text)
  const match = /^\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[-+ ]\d\d:?\d\d)?)?$/i.exec(text)
  if (!match) return undefined
  const [, time, zone] = match
  const day = text.slice(0, 10)
  const ms = Date.parse(`${day}T${time ?? '00:00'}${(zone ?? 'Z').replace(' ', '+').toUpperCase()}`)
  return Number.isNaN(ms) || !isRealDay(day) ? undefined : ms
}

/** Date takes 31 February for 3 March. */
function isRealDay(day: string): boolean {
  const date = new Date(`${day}T00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}
