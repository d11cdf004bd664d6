// Closing without losing what has arrived: lets the event loop read until nothing comes any more.
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'

/** A sender that never stops must not keep the process alive. */
const maxDrainMs = 1000
const quietTurnsWanted = 3

/** Waits until `count()` stood still for three turns of the event loop, or one second has passed. */
export async function drain(count: () => number, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + maxDrainMs
  let quietTurns = 0
  let last = count()
  while (quietTurns < quietTurnsWanted && clock.monotonic() < deadline) {
    await setImmediate()
    const now = count()
    quietTurns = now === last ? quietTurns + 1 : 0
    last = now
  }
}
