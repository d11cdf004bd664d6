// Reads one block: each column is fetched and unpacked when it is first asked for.
import { zstdDecompressSync } from 'node:zlib'
import { type Origin, originOfTuple, type StoredRow } from '../../model/row.ts'
import { type BlockDictionary, column } from './block.ts'
import { unpackBytes, unpackDeltas, unpackJson, unpackNumbers } from './columns.ts'
import { BlockDamage, isDamage } from './damage.ts'
import { type LowerScratch, lowerScratch } from './lower-ascii.ts'

/** A list of the values that rows may have, and each row's index in it. */
export type IdColumn<T> = { readonly values: readonly T[]; readonly ids: Float64Array }

export type BlockView = {
  readonly firstSeq: number
  readonly count: number
  received(): Float64Array
  /** µs since 1970 UTC; NaN where there is none. */
  timestamps(): Float64Array
  hosts(): IdColumn<string | undefined>
  apps(): IdColumn<string | undefined>
  origins(): IdColumn<Origin>
  layouts(): IdColumn<number>
  /** PRI: facility × 8 + severity. */
  pris(): Float64Array
  procId(i: number): string | undefined
  /** 1 for rows of layout 0, whose bytes are the whole frame in any encoding; undefined when there are none. The other
   *  rows' bytes are the message in ASCII. */
  wholeFrames(): Uint8Array | undefined
  /** The bytes of all rows; a line feed stands behind each row. */
  text(): Buffer
  /** The same with ASCII letters in lower case, in memory that other blocks use, too: good until they are asked. */
  lowerText(): Buffer
  /** Where each row begins in the text, and one past the line feed of the last one. */
  starts(): Uint32Array
  row(i: number): StoredRow
}

/** `fetch` reads one packed column of the block; it is called at most once per column. The view and its methods throw
 *  BlockDamage when the columns are not what a block has, and what `fetch` throws. */
export function openBlock(
  firstSeq: number,
  count: number,
  fetch: (column: number) => Buffer | undefined,
  scratch: LowerScratch = lowerScratch(),
): BlockView {
  const read = (id: number): Buffer => {
    const packed = fetch(id)
    if (packed === undefined) throw damaged('it lacks a column')
    return packed
  }
  const unpack = <T>(make: () => T): T => {
    try {
      return make()
    } catch (error) {
      if (isDamage(error) || !isOfUnpacking(error)) throw error
      throw damaged((error as Error).message, error)
    }
  }
  const damaged = (what: string, cause?: unknown): BlockDamage =>
    new BlockDamage(`the block of record ${firstSeq} is damaged: ${what}`, { cause })
  const lazy = <T>(make: () => T): (() => T) => {
    let value: T | undefined
    return () => (value ??= unpack(make))
  }
  const numbers = (id: number): (() => Float64Array) => lazy(() => unpackNumbers(read(id), count))
  // written by this store's own builder in the same schema version
  const dictionary = unpack(() => unpackJson(read(column.dictionary)) as BlockDictionary)
  const received = lazy(() => unpackDeltas(read(column.received), count, dictionary.firstReceived))
  const timestamps = lazy(() => {
    const values = unpackDeltas(read(column.timestamp), count, dictionary.firstTimestamp)
    for (const row of dictionary.noTimestamp) values[row] = Number.NaN
    return values
  })
  const origins = unpack(() => dictionary.origins.map(originOfTuple))
  const originIds = numbers(column.origin)
  const layoutIds = numbers(column.layout)
  const pris = numbers(column.pri)
  const hostIds = numbers(column.host)
  const appIds = numbers(column.app)
  const hostNames = [undefined, ...dictionary.hosts.slice(1)]
  const appNames = [undefined, ...dictionary.apps.slice(1)]
  const procIds = numbers(column.procId)
  const oddProcIds = new Map(dictionary.procIds)
  const text = lazy(() => unpackText(read(column.message)))
  const starts = lazy(() => {
    const made = dictionary.lengths === null ? startsByLineFeed(text(), count) : startsByLength(dictionary.lengths)
    if (made.length !== count + 1 || made[count] !== text().length) throw damaged('its text has another length')
    return made
  })
  const wholeFrames = lazy(() => {
    const ids = layoutIds()
    return Uint8Array.from(ids, id => (dictionary.layouts[id] === 0 ? 1 : 0))
  })
  function procIdOf(i: number): string | undefined {
    const procId = procIds()[i] as number
    return procId === 0 ? oddProcIds.get(i) : String(procId - 1)
  }

  return {
    firstSeq,
    count,
    received,
    timestamps,
    hosts: () => ({ values: hostNames, ids: hostIds() }),
    apps: () => ({ values: appNames, ids: appIds() }),
    origins: () => ({ values: origins, ids: originIds() }),
    layouts: () => ({ values: dictionary.layouts, ids: layoutIds() }),
    pris,
    procId: procIdOf,
    wholeFrames: () => (dictionary.layouts.includes(0) ? wholeFrames() : undefined),
    text,
    lowerText: () => scratch.lower(text()),
    starts,
    row(i) {
      const pri = pris()[i] as number
      const origin = origins[originIds()[i] as number]
      const layout = dictionary.layouts[layoutIds()[i] as number]
      if (origin === undefined || layout === undefined) throw damaged('its dictionary lacks a value')
      return {
        seq: firstSeq + i,
        receivedAt: received()[i] as number,
        origin,
        layout,
        facility: pri >> 3,
        severity: pri & 7,
        timestampMicros: timestamps()[i] as number,
        hostname: hostNames[hostIds()[i] as number],
        appName: appNames[appIds()[i] as number],
        procId: procIdOf(i),
        bytes: text().subarray(starts()[i], (starts()[i + 1] as number) - 1),
      }
    },
  }
}

/** What node:zlib, JSON and typed arrays say of bytes that somebody else changed; a column that is gone is none at all. */
function isOfUnpacking(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown }
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof SyntaxError ||
    (typeof code === 'string' && /^(?:ZSTD_|Z_|ERR_BUFFER)/.test(code))
  )
}

/** Room for the messages of a usual block: node:zlib unpacks into pieces of this size and then joins them. */
const textPieceBytes = 1 << 20

/** `unpackBytes` for a column that is big in most blocks: twice as fast in one piece. */
function unpackText(packed: Buffer): Buffer {
  const isCompressed = packed[0] === 1
  return isCompressed ? zstdDecompressSync(packed.subarray(1), { chunkSize: textPieceBytes }) : unpackBytes(packed)
}

/** Start of each message, and one past the last, when each ends with a line feed. */
function startsByLineFeed(text: Buffer, count: number): Uint32Array {
  const starts = new Uint32Array(count + 1)
  let at = 0
  for (let i = 0; i < count; i++) {
    at = text.indexOf(0x0a, at) + 1
    starts[i + 1] = at
  }
  return starts
}

function startsByLength(lengths: readonly number[]): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1)
  lengths.forEach((length, i) => {
    starts[i + 1] = (starts[i] as number) + length + 1
  })
  return starts
}
