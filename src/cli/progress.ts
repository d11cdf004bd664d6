// Progress on standard error: nothing for what is done within a second, then a line a second at most.
import type { Io } from './io.ts'

const everyMs = 1000
/** A step with so many bytes takes long enough to be announced. */
const longBytes = 200e6

/** A function that tells of a step that begins now, unless the last line is too fresh. `bytes`: the size of the step. */
export function createProgress(io: Pick<Io, 'err' | 'clock'>): (text: string, bytes?: number) => void {
  let toldAt = io.clock.monotonic()
  return (text, bytes = 0) => {
    const now = io.clock.monotonic()
    if (bytes < longBytes && now - toldAt < everyMs) return
    toldAt = now
    io.err(`picket: ${text}\n`)
  }
}
