// How far a sender's clock is from ours: the median of its newest offsets, and the moments at which it was set. Records
// are never changed by it.
import type { ClockJump } from '../model/source.ts'

export type ClockLedger = {
  /** Offsets (timestamp minus reception, ms), oldest first; one per `sampleEveryMs`. */
  samples: number[]
  sampledAt: number
  /** The offset that was believed last; jumps are told against it. */
  settled: number | null
  jumps: readonly ClockJump[]
}

/** Samples in the window: one record that waited in a queue, or ten, do not move the median. */
const windowSamples = 15
const sampleEveryMs = 20_000
const keptJumps = 5
/** Whole seconds in RFC 3164 and the way of a message are no jump. */
const jumpMs = 5000
/** Samples of a queue that is being emptied differ by more among themselves. */
const agreeMs = 2000

export function emptyClockLedger(): ClockLedger {
  return { samples: [], sampledAt: 0, settled: null, jumps: [] }
}

/** Adds an offset seen at `at`; returns the jump that it proves, if any. */
export function addOffset(ledger: ClockLedger, offsetMs: number, at: number): ClockJump | undefined {
  if (Number.isNaN(offsetMs) || Math.abs(at - ledger.sampledAt) < sampleEveryMs) return undefined
  ledger.sampledAt = at
  ledger.samples.push(Math.round(offsetMs))
  if (ledger.samples.length > windowSamples) ledger.samples.shift()
  const recent = ledger.samples.slice(-5)
  const now = median(recent)
  if (recent.length < 5 || now === null || !recent.every(sample => Math.abs(sample - now) <= agreeMs)) return undefined
  const before = ledger.settled
  ledger.settled = now
  if (before === null || Math.abs(now - before) <= jumpMs) return undefined
  // what came before the clock was set says nothing of it now
  ledger.samples = recent
  const jump = { at, from: before, to: now }
  ledger.jumps = [...ledger.jumps, jump].slice(-keptJumps)
  return jump
}

/** The median offset, or null without samples. */
export function clockOffset(ledger: ClockLedger): number | null {
  return median(ledger.samples)
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number
}
