// Times on the command line: `1h`, `7d`, `now-1d/d`, `2026-11-23T12:00` (UTC unless it says otherwise), ms since 1970.
import { InvalidArgumentError, Option } from 'commander'
import { isRelativeTime, parseTime, resolveTime } from '../query/time.ts'

/** `--since` and `--until`; the values are texts that resolveTimeOption understands. */
export const sinceOption = () =>
  new Option('--since <time>', 'from this time on: 1h, 7d, 2026-11-23T12:00').argParser(checked)
export const untilOption = () => new Option('--until <time>', 'before this time').argParser(checked)

/** ms since 1970 UTC; undefined stays undefined. */
export function resolveTimeOption(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  if (/^(\d+[smhdw])+$/.test(text)) return resolveTime(`now-${text.replace(/([smhdw])(?=\d)/g, '$1-')}`, now)
  return isRelativeTime(text) ? resolveTime(text, now) : parseTime(text)?.start
}

/** `--since` and `--until` as receive-time bounds; absent ones stay absent. */
export function rangeOf(
  options: { readonly since?: string; readonly until?: string },
  now: number,
): { readonly from?: number; readonly to?: number } {
  const from = resolveTimeOption(options.since, now)
  const to = resolveTimeOption(options.until, now)
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}

function checked(text: string): string {
  if (resolveTimeOption(text, 0) === undefined) {
    throw new InvalidArgumentError('Give a span like 1h or 7d, or a time like 2026-11-23T12:00.')
  }
  return text
}
