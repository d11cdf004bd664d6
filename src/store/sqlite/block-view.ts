// Reads one block: each column is fetched and unpacked when it is first asked for.
import type { Transport } from '../../model/record.ts'
import type { Origin, StoredRow } from '../../model/row.ts'
import { type BlockDictionary, column } from './block.ts'
import { unpackBytes, unpackDeltas, unpackJson, unpackNumbers } from './columns.ts'

export type BlockView = {
  readonly firstSeq: number
  readonly count: number
  readonly dictionary: BlockDictionary
  received(): Float64Array
  hosts(): Float64Array
  apps(): Float64Array
  /** PRI: facility × 8 + severity. */
  pris(): Float64Array
  row(i: number): StoredRow
}

/** `read` fetches one packed column of the block; it is called at most once per column. */
export function openBlock(firstSeq: number, count: number, read: (column: number) => Buffer): BlockView {
  const lazy = <T>(make: () => T): (() => T) => {
    let value: T | undefined
    return () => (value ??= make())
  }
  const numbers = (id: number): (() => Float64Array) => lazy(() => unpackNumbers(read(id), count))
  // written by this store's own builder in the same schema version
  const dictionary = unpackJson(read(column.dictionary)) as BlockDictionary
  const received = lazy(() => unpackDeltas(read(column.received), count, dictionary.firstReceived))
  const timestamps = lazy(() => {
    const values = unpackDeltas(read(column.timestamp), count, dictionary.firstTimestamp)
    for (const row of dictionary.noTimestamp) values[row] = Number.NaN
    return values
  })
  const origins = dictionary.origins.map(
    ([peer, transport, timeZone, charset]): Origin => ({ peer, transport: transport as Transport, timeZone, charset }),
  )
  const originIds = numbers(column.origin)
  const layoutIds = numbers(column.layout)
  const pris = numbers(column.pri)
  const hosts = numbers(column.host)
  const apps = numbers(column.app)
  const procIds = numbers(column.procId)
  const oddProcIds = new Map(dictionary.procIds)
  const text = lazy(() => unpackBytes(read(column.message)))
  const starts = lazy(() =>
    dictionary.lengths === null ? startsByLineFeed(text(), count) : startsByLength(dictionary.lengths),
  )

  return {
    firstSeq,
    count,
    dictionary,
    received,
    hosts,
    apps,
    pris,
    row(i) {
      const pri = pris()[i] as number
      const host = hosts()[i] as number
      const app = apps()[i] as number
      const procId = procIds()[i] as number
      return {
        seq: firstSeq + i,
        receivedAt: received()[i] as number,
        origin: origins[originIds()[i] as number] as Origin,
        layout: dictionary.layouts[layoutIds()[i] as number] as number,
        facility: pri >> 3,
        severity: pri & 7,
        timestampMicros: timestamps()[i] as number,
        hostname: host === 0 ? undefined : dictionary.hosts[host],
        appName: app === 0 ? undefined : dictionary.apps[app],
        procId: procId === 0 ? oddProcIds.get(i) : String(procId - 1),
        bytes: text().subarray(starts()[i], (starts()[i + 1] as number) - 1),
      }
    },
  }
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
