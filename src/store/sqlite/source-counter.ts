// Counts the records of a batch by source, over the columns that the block has anyway: a few nanoseconds a record, no
// object and no string per record.
import {
  type Channel,
  channelOfFacility,
  channelOfFrame,
  channelOfProgram,
  channelOfText,
  channels,
} from '../../model/channel.ts'
import { type SourceCounts, sourceColumn, sourceColumns } from '../../model/source.ts'
import { maxRowsPerBlock } from './block.ts'

/** The columns of a block that is being built; ids point into the lists. */
export type CountedColumns = {
  readonly count: number
  readonly received: Float64Array
  readonly origin: Uint16Array
  readonly layout: Uint16Array
  readonly pri: Uint8Array
  readonly timestamp: Float64Array
  readonly host: Uint32Array
  readonly app: Uint32Array
  readonly lengths: Uint32Array
  readonly text: Buffer
  readonly noTimestamp: readonly number[]
  readonly origins: SourceCounts['origins']
  readonly layouts: readonly number[]
  readonly hosts: readonly string[]
  readonly apps: readonly string[]
}

const numberOf = new Map<Channel, number>(channels.map((channel, number) => [channel, number]))
const numberOfFacility = Uint8Array.from({ length: 32 }, (_, facility) => number(channelOfFacility(facility)))
const none = 255

/** As many as a batch has rows: 14 bits of origin, 15 of host (0 is "no name"), 3 of channel. */
const maxSources = maxRowsPerBlock
const tableSize = 2 * maxSources
const mask = tableSize - 1

export class SourceCounter {
  /** Open addressing: origin, host and channel → place in the arrays below, plus 1. */
  readonly #keys = new Int32Array(tableSize)
  readonly #placeOf = new Int32Array(tableSize)
  readonly #slots = new Int32Array(maxSources)
  readonly #records = new Int32Array(maxSources)
  readonly #firstRow = new Int32Array(maxSources)
  readonly #lastRow = new Int32Array(maxSources)
  #size = 0

  /** The sources of a block of at most `maxRowsPerBlock` rows. */
  count(columns: CountedColumns): SourceCounts {
    const { count, origin, layout, pri, host, app, lengths, text } = columns
    const wholeFrame = columns.layouts.indexOf(0)
    const byProgram = Uint8Array.from(columns.apps, name => number(channelOfProgram(name)))
    let at = 0
    for (let i = 0; i < count; i++) {
      const end = at + (lengths[i] as number)
      const facility = (pri[i] as number) >> 3
      const said =
        layout[i] === wholeFrame ? channelOfFrame(text, at, end, facility) : channelOfText(text, at, end, facility)
      let channel = said === undefined ? (byProgram[app[i] as number] as number) : number(said)
      if (channel === none) channel = numberOfFacility[facility] as number
      const key = ((origin[i] as number) << 18) | ((host[i] as number) << 3) | channel
      const place = this.#placeFor(key, i)
      this.#records[place] = (this.#records[place] as number) + 1
      this.#lastRow[place] = i
      at = end + 1
    }
    const numbers = this.#numbers(columns)
    this.#clear()
    return { origins: columns.origins, hosts: columns.hosts, numbers }
  }

  #placeFor(key: number, row: number): number {
    const hash = Math.imul(key, 0x9e3779b1)
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const place = this.#placeOf[slot] as number
      if (place === 0) break
      if (this.#keys[slot] === key) return place - 1
      slot = (slot + 1) & mask
    }
    const place = this.#size++
    this.#keys[slot] = key
    this.#placeOf[slot] = this.#size
    this.#slots[place] = slot
    this.#records[place] = 0
    this.#firstRow[place] = row
    return place
  }

  #numbers({ received, timestamp, noTimestamp }: CountedColumns): Float64Array<ArrayBuffer> {
    const numbers = new Float64Array(this.#size * sourceColumns)
    const isWithout = new Set(noTimestamp)
    for (let place = 0, base = 0; place < this.#size; place++, base += sourceColumns) {
      const key = this.#keys[this.#slots[place] as number] as number
      const last = this.#lastRow[place] as number
      numbers[base + sourceColumn.origin] = key >>> 18
      numbers[base + sourceColumn.host] = (key >>> 3) & 0x7fff
      numbers[base + sourceColumn.channel] = key & 7
      numbers[base + sourceColumn.records] = this.#records[place] as number
      numbers[base + sourceColumn.firstAt] = received[this.#firstRow[place] as number] as number
      numbers[base + sourceColumn.lastAt] = received[last] as number
      numbers[base + sourceColumn.lastRow] = last
      numbers[base + sourceColumn.clockOffset] = isWithout.has(last)
        ? Number.NaN
        : (timestamp[last] as number) / 1000 - (received[last] as number)
    }
    return numbers
  }

  #clear(): void {
    for (let place = 0; place < this.#size; place++) this.#placeOf[this.#slots[place] as number] = 0
    this.#size = 0
  }
}

function number(channel: Channel | undefined): number {
  return channel === undefined ? none : (numberOf.get(channel) as number)
}
