// The books as everybody reads them: what was received on each transport, and what became of it.
import type { Transport } from './record.ts'

/** What became of the frames of one transport. They add up: received is the sum of all the others but `kernel_dropped`,
 *  whose datagrams never reached Picket. */
export type Sums = {
  received: number
  stored: number
  not_allowed: number
  rate_limited: number
  queue_full: number
  disk_full: number
  empty: number
  bad_frame: number
  /** Received, noted as waiting, and not in the store after Picket ended. */
  lost_at_end: number
  waiting: number
  kernel_dropped: number
}

export type Books = {
  /** Rises with each note. */
  readonly n: number
  /** When the books were opened, and when this was noted; ms since 1970 UTC. */
  readonly since: number
  readonly at: number
  /** Noted at an orderly stop. */
  readonly closed: boolean
  /** Starts after an end that was not orderly. What was received in the last second before each is not in the books,
   *  unless it was stored. */
  readonly crashes: number
  /** Sequence number of the last record that `stored` counts. */
  readonly seq: number
  readonly sums: { readonly [T in Transport]?: Sums }
  /** Losses that records told of: `udp queue_full` → count. */
  readonly told: { readonly [key: string]: number }
  readonly toldAt: number
}

/** The answer of `GET ledger` and of `picket ledger --json`; times are ISO text. */
export type LedgerJson = {
  readonly since: string
  readonly at: string
  readonly closed: boolean
  readonly crashes: number
  readonly difference: number
  readonly listeners: { readonly [T in Transport]?: Readonly<Sums> }
  readonly total: Readonly<Sums>
}

export const noSums: Readonly<Sums> = {
  received: 0,
  stored: 0,
  not_allowed: 0,
  rate_limited: 0,
  queue_full: 0,
  disk_full: 0,
  empty: 0,
  bad_frame: 0,
  lost_at_end: 0,
  waiting: 0,
  kernel_dropped: 0,
}

/** What is lost; what receive.allow refuses and what had no content is not. */
export const losses = ['kernel_dropped', 'queue_full', 'disk_full', 'rate_limited', 'lost_at_end'] as const

/** What received frames are missing from, or too many in, the other columns: 0, or a bug. */
export function differenceOf(sums: Readonly<Sums>): number {
  const { received, kernel_dropped: _, ...outcomes } = sums
  return received - Object.values(outcomes).reduce((sum, count) => sum + count, 0)
}

/** The books with their total. `difference` is what a running Picket knows of; it sees more than the sums show. */
export function printBooks({ since, at, closed, crashes, sums }: Books, difference?: number): LedgerJson {
  const total: Sums = { ...noSums }
  for (const one of Object.values(sums))
    for (const [name, count] of Object.entries(one)) total[name as keyof Sums] += count
  return {
    since: new Date(since).toISOString(),
    at: new Date(at).toISOString(),
    closed,
    crashes,
    difference: difference ?? Object.values(sums).reduce((sum, one) => sum + Math.abs(differenceOf(one)), 0),
    listeners: sums,
    total,
  }
}
