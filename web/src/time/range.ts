// The time range of the URL and the API: `now-6h`, `now-7d/d`, `now`, or an absolute time; the server's own reading.
import { parseTime, resolveTime as resolveRelativeTime } from '../../../src/query/time.ts'

export type RangeText = { readonly from: string; readonly to: string }

/** What the time picker offers, shortest first. */
export const recentRanges = ['now-15m', 'now-1h', 'now-6h', 'now-24h', 'now-7d', 'now-30d'] as const

const defaultRange: RangeText = { from: 'now-24h', to: 'now' }

/** The instant that a range text means at `now`, in ms since 1970 UTC; undefined when it means none. */
export function resolveTime(text: string, now: number): number | undefined {
  return resolveRelativeTime(text, now) ?? parseTime(text)?.start
}

/** The range from URL parameters; what is missing or unreadable is the last 24 hours. */
export function readRange(query: { readonly [name: string]: string | undefined }): RangeText {
  const from = query['from'] ?? defaultRange.from
  const to = query['to'] ?? defaultRange.to
  const readable = resolveTime(from, 0) !== undefined && resolveTime(to, 0) !== undefined
  return readable ? { from, to } : defaultRange
}

/** The absolute range around an instant, ms to both sides. */
export function rangeAround(time: string, beforeMs: number, afterMs: number): RangeText {
  const at = Date.parse(time)
  return { from: new Date(at - beforeMs).toISOString(), to: new Date(at + afterMs).toISOString() }
}

/** The next longer range that the picker offers, or undefined at the end. */
export function widerRange(range: RangeText, now: number): RangeText | undefined {
  const from = resolveTime(range.from, now) ?? now
  const wider = recentRanges.find(text => (resolveTime(text, now) ?? now) < from - 1000)
  return wider ? { from: wider, to: 'now' } : undefined
}

/** ms since 1970 UTC → the value of a datetime-local input, in the reader's zone, to the second. */
export function toLocalInput(time: number): string {
  const shifted = new Date(time - new Date(time).getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 19)
}
