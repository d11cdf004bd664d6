// Cuts a stored block back into the batches that it was made of, in the form that was sealed.
import { type BlockDictionary, column } from '../block.ts'
import { unpackBytes, unpackDeltas, unpackJson, unpackNumbers } from '../columns.ts'
import type { BatchColumns } from './records-digest.ts'

export type BatchReader = {
  readonly received: Float64Array
  /** The next `count` rows; the arrays are valid until the next call. Throws RangeError behind the last row. */
  take(count: number): BatchColumns
}

/** Opens a block of `rows` rows. Throws on bytes that no store wrote. */
export function openBatches(rows: number, read: (column: number) => Buffer): BatchReader {
  const dictionary = unpackJson(read(column.dictionary)) as BlockDictionary
  const { origins, layouts, hosts, apps, procIds, noTimestamp } = dictionary
  const numbers = (id: number): Float64Array => unpackNumbers(read(id), rows)
  const received = unpackDeltas(read(column.received), rows, dictionary.firstReceived)
  const timestamp = unpackDeltas(read(column.timestamp), rows, dictionary.firstTimestamp)
  const pri = Uint8Array.from(numbers(column.pri))
  const procId = numbers(column.procId)
  const text = unpackBytes(read(column.message))
  const starts = dictionary.lengths === null ? startsByLineFeed(text, rows) : startsByLength(dictionary.lengths, rows)
  if (starts[rows] !== text.length) throw new RangeError('the text is not as long as its rows')
  const origin = createRenumber(numbers(column.origin), origins, 0, new Uint16Array(rows))
  const layout = createRenumber(numbers(column.layout), layouts, 0, new Uint16Array(rows))
  const host = createRenumber(numbers(column.host), hosts, 1, new Uint32Array(rows))
  const app = createRenumber(numbers(column.app), apps, 1, new Uint32Array(rows))
  const batchProcIds = createWindow(procIds, ([row]) => row)
  const batchNoTimestamp = createWindow(noTimestamp, row => row)
  const lengths = new Uint32Array(rows)
  let from = 0

  return {
    received,
    take(count) {
      const to = from + count
      if (to > rows) throw new RangeError('a batch goes over the end of its block')
      const shift = from
      const withoutTimestamp = batchNoTimestamp(to).map(row => row - shift)
      const batchTimestamp = timestamp.slice(from, to)
      for (const row of withoutTimestamp) batchTimestamp[row] = row > 0 ? (batchTimestamp[row - 1] as number) : 0
      for (let i = from; i < to; i++) lengths[i - from] = (starts[i + 1] as number) - (starts[i] as number) - 1
      const batch: BatchColumns = {
        count,
        names: {
          origins: origin.take(from, to),
          layouts: layout.take(from, to),
          hosts: ['', ...host.take(from, to)],
          apps: ['', ...app.take(from, to)],
          procIds: batchProcIds(to).map(([row, value]) => [row - shift, value] as const),
          noTimestamp: withoutTimestamp,
        },
        received: received.subarray(from, to),
        origin: origin.ids,
        layout: layout.ids,
        pri: pri.subarray(from, to),
        timestamp: batchTimestamp,
        host: host.ids,
        app: app.ids,
        procId: procId.subarray(from, to),
        lengths,
        text: text.subarray(starts[from], starts[to]),
      }
      from = to
      return batch
    },
  }
}

/** Ids of a block → ids in order of first sight in a batch. `first` is the least real id; 0 stays 0 when it is 1. */
function createRenumber<T, Ids extends Uint16Array | Uint32Array>(
  blockIds: Float64Array,
  names: readonly T[],
  first: 0 | 1,
  ids: Ids,
): { readonly ids: Ids; take(from: number, to: number): T[] } {
  const known = new Uint32Array(names.length)
  const unset = 0xffffffff
  known.fill(unset)
  if (first === 1) known[0] = 0
  return {
    ids,
    take(from, to) {
      const seen: number[] = []
      for (let i = from; i < to; i++) {
        const blockId = blockIds[i] as number
        let id = known[blockId]
        if (id === undefined) throw new RangeError('an id without a name')
        if (id === unset) {
          id = first + seen.length
          known[blockId] = id
          seen.push(blockId)
        }
        ids[i - from] = id
      }
      for (const blockId of seen) known[blockId] = unset
      return seen.map(blockId => names[blockId] as T)
    },
  }
}

/** Gives the entries of a list that is sorted by row, window by window. */
function createWindow<T>(entries: readonly T[], rowOf: (entry: T) => number): (endRow: number) => T[] {
  let next = 0
  return endRow => {
    const start = next
    while (next < entries.length && rowOf(entries[next] as T) < endRow) next++
    return entries.slice(start, next)
  }
}

function startsByLineFeed(text: Buffer, rows: number): Uint32Array {
  const starts = new Uint32Array(rows + 1)
  let at = 0
  for (let i = 0; i < rows; i++) {
    const end = text.indexOf(0x0a, at)
    if (end < 0) throw new RangeError('fewer lines than rows')
    at = end + 1
    starts[i + 1] = at
  }
  return starts
}

function startsByLength(lengths: readonly number[], rows: number): Uint32Array {
  if (lengths.length !== rows) throw new RangeError('more or fewer lengths than rows')
  const starts = new Uint32Array(rows + 1)
  for (let i = 0; i < rows; i++) starts[i + 1] = (starts[i] as number) + (lengths[i] as number) + 1
  return starts
}
