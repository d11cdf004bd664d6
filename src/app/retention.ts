// Asks the writer to remove days: once an hour those that are older than store.retention says, once a minute the oldest
// ones while all records take more than store.maxBytes. What a wrong clock would remove cannot be brought back, so for
// ages the clock has to be believable first.
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { bytesOf, daysOf } from '../config/amounts.ts'
import type { StoreConfig } from '../config/schema.ts'
import { dayOf } from '../model/row.ts'
import type { DaySize } from '../store/sqlite/day-file.ts'
import type { Writer } from './writer.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000
/** A clock that jumped, or was found in a far future, is believed once it has gone steadily for so long. */
const steadyMs = dayMs
/** More than the clock is set by in normal times, less than a day. */
const jumpMs = 12 * hourMs
/** A store that received within so many days before today says that today is right. */
const nearDays = 7

type RetentionOptions = {
  readonly config: Pick<StoreConfig, 'retention' | 'maxBytes'>
  /** The days that are stored, oldest first. */
  readonly sizes: () => readonly DaySize[]
  readonly writer: Pick<Writer, 'removeDaysBefore'>
  readonly clock: Clock
  readonly log: Log
}

/** Starts the looks; the first ones are now. */
export function startRetention({ config, sizes, writer, clock, log }: RetentionOptions): Disposable {
  const keepDays = Math.max(...config.retention.map(({ keep }) => daysOf(keep)))
  const maxBytes = config.maxBytes === undefined ? undefined : bytesOf(config.maxBytes)
  const daysAgo = (count: number): string => dayOf(clock.now() - count * dayMs)
  let offset = clock.now() - clock.monotonic()
  // today's own file proves nothing: a wrong clock may have made it
  const isNear = sizes().some(({ day }) => day >= daysAgo(nearDays) && day < daysAgo(0))
  let believedFrom = isNear ? clock.monotonic() : clock.monotonic() + steadyMs
  let canWarn = true

  function lookAtAges(): void {
    const jumped = clock.now() - clock.monotonic() - offset
    if (Math.abs(jumped) > jumpMs) {
      offset += jumped
      believedFrom = clock.monotonic() + steadyMs
    }
    if (clock.monotonic() >= believedFrom) writer.removeDaysBefore(daysAgo(keepDays), 'age')
  }

  function lookAtSizes(most: number): void {
    const days = sizes()
    const { firstKept, bytes } = newestWithin(days, most)
    const oldest = days[0]
    if (firstKept !== undefined && oldest !== undefined && oldest.day < firstKept)
      writer.removeDaysBefore(firstKept, 'size')
    const isTooSmall = bytes > most
    if (isTooSmall && canWarn)
      log.warn({ bytes, maxBytes: most }, 'the newest day alone takes more than store.maxBytes; it stays')
    canWarn = !isTooSmall
  }

  lookAtAges()
  const timers = [setInterval(lookAtAges, hourMs).unref()]
  if (maxBytes !== undefined) {
    lookAtSizes(maxBytes)
    timers.push(setInterval(() => lookAtSizes(maxBytes), minuteMs).unref())
  }
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) clearInterval(timer)
    },
  }
}

/** The first of the newest days that fit into so many bytes together, and what they take; the newest day is always one. */
function newestWithin(days: readonly DaySize[], most: number): { readonly firstKept?: string; readonly bytes: number } {
  const newest = days.at(-1)
  if (newest === undefined) return { bytes: 0 }
  let { day: firstKept, bytes } = newest
  for (const older of days.slice(0, -1).toReversed()) {
    if (bytes + older.bytes > most) break
    bytes += older.bytes
    firstKept = older.day
  }
  return { firstKept, bytes }
}
