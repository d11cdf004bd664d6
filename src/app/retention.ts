// Asks the writer, once an hour, to remove the days that are older than store.retention says. What a wrong clock would
// remove cannot be brought back, so the clock has to be believable first.
import type { Clock } from '../base/clock.ts'
import type { StoreConfig } from '../config/schema.ts'
import { dayOf } from '../model/row.ts'
import type { Writer } from './writer.ts'

const hourMs = 3_600_000
const dayMs = 86_400_000
/** A clock that jumped, or was found in a far future, is believed once it has gone steadily for so long. */
const steadyMs = dayMs
/** More than the clock is set by in normal times, less than a day. */
const jumpMs = 12 * hourMs
/** A store that received within so many days before today says that today is right. */
const nearDays = 7

/** Starts the hourly look; the first one is now. `days`: those that are stored (YYYYMMDD). */
export function startRetention(
  config: Pick<StoreConfig, 'retention'>,
  days: readonly string[],
  writer: Pick<Writer, 'removeDaysBefore'>,
  clock: Clock,
): Disposable {
  const keepDays = Math.max(...config.retention.map(({ keep }) => Number.parseInt(keep, 10)))
  const daysAgo = (count: number): string => dayOf(clock.now() - count * dayMs)
  let offset = clock.now() - clock.monotonic()
  // today's own file proves nothing: a wrong clock may have made it
  const isNear = days.some(day => day >= daysAgo(nearDays) && day < daysAgo(0))
  let believedFrom = isNear ? clock.monotonic() : clock.monotonic() + steadyMs

  function look(): void {
    const jumped = clock.now() - clock.monotonic() - offset
    if (Math.abs(jumped) > jumpMs) {
      offset += jumped
      believedFrom = clock.monotonic() + steadyMs
    }
    if (clock.monotonic() >= believedFrom) writer.removeDaysBefore(daysAgo(keepDays))
  }

  look()
  const timer = setInterval(look, hourMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
