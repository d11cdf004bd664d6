// Who sends: one source is what one peer sends under one host name, over one transport, in one channel.
import type { Channel } from './channel.ts'
import type { Transport } from './record.ts'

/** Where a source stands. `new`: its rhythm is not known yet. `retired`: nobody waits for it any more. */
export const sourceStates = ['new', 'live', 'late', 'silent', 'retired'] as const
export type SourceState = (typeof sourceStates)[number]

/** `mutedUntil` of a source that is muted for good: the last time that a Date can hold. */
export const forGood = 8.64e15

/** What one batch has of each source, in columns: no object per source crosses a thread. */
export type SourceCounts = {
  /** Peer, transport, time zone …, by origin number: the dictionary of the batch's block. */
  readonly origins: readonly (readonly [peer: string, transport: string, timeZone: string, ...unknown[]])[]
  /** By host number; 0 stands for "no name". */
  readonly hosts: readonly string[]
  /** `sourceColumns` numbers for each source. */
  readonly numbers: Float64Array<ArrayBuffer>
}

/** The numbers of a source in SourceCounts. Times in ms since 1970 UTC. */
export const sourceColumn = {
  origin: 0,
  host: 1,
  /** Place in `channels`. */
  channel: 2,
  records: 3,
  firstAt: 4,
  lastAt: 5,
  /** The last record's place in the batch. */
  lastRow: 6,
  /** The last record's timestamp minus its time of reception, ms; NaN without a timestamp. */
  clockOffset: 7,
} as const
export const sourceColumns = 8

/** The clock of a sender was set: its records say another time from `at` on. Offsets in ms, sender minus Picket. */
export type ClockJump = { readonly at: number; readonly from: number; readonly to: number }

export type Source = {
  readonly id: number
  /** '' while the source is only expected and nothing has come yet; then `transport` and `lastAt` are null. */
  readonly peer: string
  /** '' when the sender gives none. */
  readonly hostname: string
  readonly transport: Transport | null
  readonly channel: Channel
  /** Time zone that was assumed for its times. */
  readonly timeZone: string
  readonly firstAt: number
  readonly lastAt: number | null
  readonly records: number
  /** Id of its last record. */
  readonly lastId: string | null
  /** Records of the last 24 hours, oldest hour first; the last is the running hour. */
  readonly hours: readonly number[]
  readonly state: SourceState
  /** The longest pause that is usual at this time of day, ms; null until it is known. */
  readonly rhythmMs: number | null
  /** Silent for longer than this, it counts as silent, ms; null while nothing is expected of it. */
  readonly silentAfterMs: number | null
  readonly isExpected: boolean
  /** By a person or by the configuration. */
  readonly isMuted: boolean
  /** By a person, until then. */
  readonly mutedUntil: number | null
  /** Sender's clock minus Picket's, ms, median of its newest records; null without timestamps. */
  readonly clockOffsetMs: number | null
  readonly clockJumps: readonly ClockJump[]
  /** The open alert about its silence. */
  readonly alertId: number | null
}
