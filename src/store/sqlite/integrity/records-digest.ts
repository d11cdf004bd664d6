// What is sealed of a batch: its rows as columns, in one fixed form whatever block they later lie in. Header pieces, bytes
// and reception facts determine the frame byte for byte, so the digest holds the frames and what filters read of them.
//
//   "picket/records/1\n"  count:u32  length of names:u32  names:JSON
//   received:f64[]  origin:u16[]  layout:u16[]  pri:u8[]  timestamp:f64[]  host:u32[]  app:u32[]  procId:f64[]
//   lengths:u32[]  text                                     all numbers little-endian, arrays with one value per row
//
// Ids count in order of first sight within the batch; a row without a timestamp repeats the one before (or 0).
import { createHash } from 'node:crypto'
import type { BlockDictionary } from '../block.ts'

/** The dictionaries of a batch; `hosts` and `apps` begin with '' for "absent". */
type BatchNames = Pick<BlockDictionary, 'origins' | 'layouts' | 'hosts' | 'apps' | 'procIds' | 'noTimestamp'>

export type BatchColumns = {
  readonly count: number
  readonly names: BatchNames
  /** As long as `count` or longer. */
  readonly received: Float64Array
  readonly origin: Uint16Array
  readonly layout: Uint16Array
  readonly pri: Uint8Array
  readonly timestamp: Float64Array
  readonly host: Uint32Array
  readonly app: Uint32Array
  readonly procId: Float64Array
  /** Bytes of each row's text, without the line feed behind it. */
  readonly lengths: Uint32Array
  readonly text: Uint8Array
}

export const digestBytes = 32
const form = Buffer.from('picket/records/1\n')

/** SHA-256 over the batch; a few microseconds, and a tenth of one per record. */
export function recordsDigest(batch: BatchColumns): Uint8Array<ArrayBuffer> {
  const { count, names } = batch
  const { origins, layouts, hosts, apps, procIds, noTimestamp } = names
  const listed = Buffer.from(JSON.stringify([origins, layouts, hosts, apps, procIds, noTimestamp]))
  const head = Buffer.alloc(8)
  head.writeUInt32LE(count, 0)
  head.writeUInt32LE(listed.length, 4)
  const hash = createHash('sha256').update(form).update(head).update(listed)
  hash.update(batch.received.subarray(0, count))
  hash.update(batch.origin.subarray(0, count))
  hash.update(batch.layout.subarray(0, count))
  hash.update(batch.pri.subarray(0, count))
  hash.update(batch.timestamp.subarray(0, count))
  hash.update(batch.host.subarray(0, count))
  hash.update(batch.app.subarray(0, count))
  hash.update(batch.procId.subarray(0, count))
  hash.update(batch.lengths.subarray(0, count))
  // its own memory: a small digest() buffer may be a slice of Node's shared pool, which no thread may give away
  return new Uint8Array(hash.update(batch.text).digest())
}
