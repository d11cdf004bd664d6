// The form of a block on disk: which columns it has, and the summary that answers broad counts without opening them.
//
//   block(first_seq, count, times, summary)   one row; count and times prune, the summary counts
//   column_data(first_seq × 16 + column)      each column apart, so that reading one does not read the others
//   terms (FTS5) + term_filter                sealed blocks only; a small block is cheap to scan
import type { OriginTuple } from '../../model/row.ts'
import type { SourceCounts } from '../../model/source.ts'

export const column = {
  received: 0,
  origin: 1,
  layout: 2,
  pri: 3,
  timestamp: 4,
  host: 5,
  app: 6,
  procId: 7,
  message: 8,
  /** The lists that the id columns point into. */
  dictionary: 9,
  /** Unsealed blocks only: what the index will hold once they are merged. */
  words: 10,
  filterTerms: 11,
} as const

export const columnCount = 12

/** A block as it goes to disk. `memory` and the filter terms' own may be transferred to another thread. */
export type EncodedBlock = {
  readonly count: number
  /** Big enough to be sealed at once. */
  readonly full: boolean
  readonly minReceived: number
  readonly maxReceived: number
  /** Holds the summary and the columns, one behind the other: transferring one piece costs less than a dozen. */
  readonly memory: ArrayBuffer
  readonly summary: Uint8Array<ArrayBuffer>
  /** By column number; words and filterTerms included. */
  readonly columns: readonly Uint8Array<ArrayBuffer>[]
  readonly words: string
  readonly filterTerms: Int32Array<ArrayBuffer>
}

/** A block of records that arrived together: what the chain seals. */
export type BatchBlock = EncodedBlock & {
  /** integrity/records-digest.ts. */
  readonly digest: Uint8Array<ArrayBuffer>
  /** Who sent it; not stored, told to main when the batch is. */
  readonly sources: SourceCounts
}

export type BlockDictionary = {
  readonly origins: readonly OriginTuple[]
  readonly layouts: readonly number[]
  /** Index 0 stands for "absent" in the three lists below. */
  readonly hosts: readonly string[]
  readonly apps: readonly string[]
  /** Process ids that are not plain numbers, by row. */
  readonly procIds: readonly (readonly [number, string])[]
  /** First received time and timestamp; the columns hold differences. */
  readonly firstReceived: number
  readonly firstTimestamp: number
  /** Rows without a timestamp. */
  readonly noTimestamp: readonly number[]
  /** Message lengths, when a message has a line feed; else the messages are joined by line feeds. */
  readonly lengths: readonly number[] | null
}

/** Name, records, last received (ms), its peer, and the facilities as bits. */
export type HostSummary = readonly [
  name: string,
  records: number,
  lastReceived: number,
  peer: string,
  facilities: number,
]

export type BlockSummary = {
  /** Receive minute (ms / 60,000) and the records of it by severity 0..7. */
  readonly minutes: readonly (readonly [number, readonly number[]])[]
  readonly hosts: readonly HostSummary[]
  readonly apps: readonly (readonly [string, number])[]
}

/** A full block: sealed as soon as it is written. */
export const rowsPerBlock = 8192
/** In a fast stream blocks grow up to this: half as many to probe and to index, and 2 % smaller. */
export const maxRowsPerBlock = 2 * rowsPerBlock
/** Beyond this many message bytes a block is full, however few its rows. */
export const bytesPerBlock = 4 << 20
