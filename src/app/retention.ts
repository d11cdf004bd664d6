// Asks the writer, once an hour, to remove the days that are older than store.retention says.
import type { Clock } from '../base/clock.ts'
import type { StoreConfig } from '../config/schema.ts'
import { dayOf } from '../model/row.ts'
import type { Writer } from './writer.ts'

const hourMs = 3_600_000
const dayMs = 86_400_000

/** Starts the hourly look; the first one is now. */
export function startRetention(
  config: Pick<StoreConfig, 'retention'>,
  writer: Pick<Writer, 'removeDaysBefore'>,
  clock: Clock,
): Disposable {
  const keepDays = Math.max(...config.retention.map(({ keep }) => Number.parseInt(keep, 10)))
  const look = (): void => writer.removeDaysBefore(dayOf(clock.now() - keepDays * dayMs))
  look()
  const timer = setInterval(look, hourMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
