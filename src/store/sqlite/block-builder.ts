// Gathers records into the columns of one block. Runs in the intake thread for every record, and in the writer when
// small blocks are merged. Rows go in at a few hundred nanoseconds each: no object and no string per record.
import { type Origin, type OriginTuple, originToTuple, type StoredRow } from '../../model/row.ts'
import type { SourceCounts } from '../../model/source.ts'
import {
  type BatchBlock,
  type BlockDictionary,
  type BlockSummary,
  bytesPerBlock,
  column,
  type EncodedBlock,
  type HostSummary,
  maxRowsPerBlock,
  rowsPerBlock,
} from './block.ts'
import { ByteDictionary } from './byte-dictionary.ts'
import { packBytes, packDeltas, packJson, packNumbers } from './columns.ts'
import { recordsDigest } from './integrity/records-digest.ts'
import { SourceCounter } from './source-counter.ts'
import { TermSet } from './terms.ts'

/** The numbers of a scanned header (syslog-parser HeaderScan); positions in the frame's bytes. */
export type ScannedHeader = {
  readonly layout: number
  readonly pri: number
  readonly timestampMicros: number
  readonly hostStart: number
  readonly hostEnd: number
  readonly appStart: number
  readonly appEnd: number
  readonly procIdStart: number
  readonly procIdEnd: number
  readonly messageStart: number
}

const lineFeed = 0x0a
/** Process ids up to this are kept as numbers, shifted by one; 0 is "absent". */
const maxNumericProcId = 999_999_998
/** About the year 2100; twice this is still a safe integer. */
const maxTimestampMicros = 4.2e15

export class BlockBuilder {
  readonly terms = new TermSet()
  #count = 0
  readonly #capacity: number
  readonly #received: Float64Array
  readonly #origin: Uint16Array
  readonly #layout: Uint16Array
  readonly #pri: Uint8Array
  readonly #timestamp: Float64Array
  readonly #host: Uint32Array
  readonly #app: Uint32Array
  readonly #procId: Float64Array
  readonly #lengths: Uint32Array
  #text = Buffer.allocUnsafeSlow(1 << 20)
  #textLength = 0
  #hasLineFeed = false
  readonly #origins = new Map<string, number>()
  /** The same by identity: one connection's records share one object. */
  readonly #originIds = new Map<Origin, number>()
  #lastOrigin: Origin | undefined
  #lastOriginId = 0
  readonly #layouts = new Map<number, number>()
  #lastLayout = -1
  #lastLayoutId = 0
  readonly #hosts = new ByteDictionary()
  readonly #apps = new ByteDictionary()
  #sourceCounter: SourceCounter | undefined
  #oddProcIds: [number, string][] = []
  #noTimestamp: number[] = []

  constructor(capacity: number = maxRowsPerBlock) {
    this.#capacity = capacity
    this.#received = new Float64Array(capacity)
    this.#origin = new Uint16Array(capacity)
    this.#layout = new Uint16Array(capacity)
    this.#pri = new Uint8Array(capacity)
    this.#timestamp = new Float64Array(capacity)
    this.#host = new Uint32Array(capacity)
    this.#app = new Uint32Array(capacity)
    this.#procId = new Float64Array(capacity)
    this.#lengths = new Uint32Array(capacity)
  }

  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count >= this.#capacity || this.#textLength >= bytesPerBlock
  }

  /** Adds a frame whose header was scanned; its message is ASCII and its terms are gathered here. */
  appendScanned(bytes: Buffer, end: number, header: ScannedHeader, receivedAt: number, origin: Origin): void {
    const i = this.#count
    this.#setCommon(i, receivedAt, origin, header.layout, header.pri, header.timestampMicros)
    this.#host[i] =
      header.hostEnd > header.hostStart ? this.#nameId(this.#hosts, bytes, header.hostStart, header.hostEnd) : 0
    this.#app[i] = header.appEnd > header.appStart ? this.#nameId(this.#apps, bytes, header.appStart, header.appEnd) : 0
    this.#procId[i] = this.#procIdOf(i, bytes, header.procIdStart, header.procIdEnd)
    this.terms.addBytes(bytes, header.messageStart, end)
    this.#addText(i, bytes, header.messageStart, end)
    this.#count = i + 1
  }

  /** Adds a row as it was or will be read back. The caller adds its terms. */
  appendRow(row: Omit<StoredRow, 'seq'>): void {
    const i = this.#count
    if (i === this.#capacity) throw new Error(`BUG: a block of more than ${this.#capacity} rows`)
    this.#setCommon(i, row.receivedAt, row.origin, row.layout, row.facility * 8 + row.severity, row.timestampMicros)
    this.#host[i] = row.hostname === undefined ? 0 : this.#textId(this.#hosts, row.hostname)
    this.#app[i] = row.appName === undefined ? 0 : this.#textId(this.#apps, row.appName)
    const procId = row.procId === undefined ? emptyBytes : Buffer.from(row.procId)
    this.#procId[i] = this.#procIdOf(i, procId, 0, procId.length)
    if (!this.#hasLineFeed) this.#hasLineFeed = row.bytes.includes(lineFeed)
    this.#addText(i, row.bytes, 0, row.bytes.length)
    this.#count = i + 1
  }

  /** The block of everything since the last call, with its digest and its sources; the builder is empty again. */
  encode(): BatchBlock {
    const digest = this.#digest()
    const sources = this.#sources()
    return { ...this.encodeMerged(), digest, sources }
  }

  /** The same for rows of several batches, which have their digests already. */
  encodeMerged(): EncodedBlock {
    const count = this.#count
    const received = packDeltas(this.#received, count)
    const timestamp = packDeltas(this.#timestamp, count)
    const words = this.terms.words()
    const filterTerms = this.terms.filterTerms()
    const hosts = ['', ...this.#hosts.texts()]
    const apps = ['', ...this.#apps.texts()]
    const dictionary: BlockDictionary = {
      origins: this.#originList(),
      layouts: [...this.#layouts.keys()],
      hosts,
      apps,
      procIds: this.#oddProcIds,
      firstReceived: received.first,
      firstTimestamp: timestamp.first,
      noTimestamp: this.#noTimestamp,
      lengths: this.#hasLineFeed ? Array.from(this.#lengths.subarray(0, count)) : null,
    }
    const columns: Uint8Array<ArrayBuffer>[] = []
    columns[column.received] = received.packed
    columns[column.origin] = packNumbers(this.#origin, count)
    columns[column.layout] = packNumbers(this.#layout, count)
    columns[column.pri] = packNumbers(this.#pri, count)
    columns[column.timestamp] = timestamp.packed
    columns[column.host] = packNumbers(this.#host, count)
    columns[column.app] = packNumbers(this.#app, count)
    columns[column.procId] = packNumbers(this.#procId, count)
    columns[column.message] = packBytes(this.#text.subarray(0, this.#textLength))
    columns[column.dictionary] = packJson(dictionary)
    columns[column.words] = packBytes(Buffer.from(words))
    columns[column.filterTerms] = new Uint8Array(filterTerms.buffer)
    const summary = packJson(this.#summary(hosts, apps, dictionary.origins))
    const block: EncodedBlock = {
      count,
      full: count >= rowsPerBlock || this.#textLength >= bytesPerBlock,
      minReceived: minimum(this.#received, count),
      maxReceived: maximum(this.#received, count),
      ...inOnePiece(summary, columns),
      words,
      filterTerms,
    }
    this.clear()
    return block
  }

  /** Drops everything since the last `encode`. */
  clear(): void {
    this.#count = 0
    this.#textLength = 0
    this.#hasLineFeed = false
    this.#origins.clear()
    this.#originIds.clear()
    this.#lastOrigin = undefined
    this.#layouts.clear()
    this.#lastLayout = -1
    this.#hosts.clear()
    this.#apps.clear()
    this.#oddProcIds = []
    this.#noTimestamp = []
    this.terms.clear()
  }

  #digest(): Uint8Array<ArrayBuffer> {
    return recordsDigest({
      count: this.#count,
      names: {
        origins: this.#originList(),
        layouts: [...this.#layouts.keys()],
        hosts: ['', ...this.#hosts.texts()],
        apps: ['', ...this.#apps.texts()],
        procIds: this.#oddProcIds,
        noTimestamp: this.#noTimestamp,
      },
      received: this.#received,
      origin: this.#origin,
      layout: this.#layout,
      pri: this.#pri,
      timestamp: this.#timestamp,
      host: this.#host,
      app: this.#app,
      procId: this.#procId,
      lengths: this.#lengths,
      text: this.#text.subarray(0, this.#textLength),
    })
  }

  #sources(): SourceCounts {
    this.#sourceCounter ??= new SourceCounter()
    return this.#sourceCounter.count({
      count: this.#count,
      received: this.#received,
      origin: this.#origin,
      layout: this.#layout,
      pri: this.#pri,
      timestamp: this.#timestamp,
      host: this.#host,
      app: this.#app,
      lengths: this.#lengths,
      text: this.#text,
      noTimestamp: this.#noTimestamp,
      origins: this.#originList(),
      layouts: [...this.#layouts.keys()],
      hosts: ['', ...this.#hosts.texts()],
      apps: ['', ...this.#apps.texts()],
    })
  }

  #originList(): BlockDictionary['origins'] {
    return [...this.#origins.keys()].map(key => JSON.parse(key) as OriginTuple)
  }

  #setCommon(
    i: number,
    receivedAt: number,
    origin: Origin,
    layout: number,
    pri: number,
    timestampMicros: number,
  ): void {
    this.#received[i] = receivedAt
    if (origin !== this.#lastOrigin) this.#useOrigin(origin)
    this.#origin[i] = this.#lastOriginId
    if (layout !== this.#lastLayout) this.#useLayout(layout)
    this.#layout[i] = this.#lastLayoutId
    this.#pri[i] = pri
    if (timestampMicros >= 0 && timestampMicros <= maxTimestampMicros) this.#timestamp[i] = timestampMicros
    else {
      // not a number, or so far off that differences would lose digits: read again from the frame
      this.#timestamp[i] = i > 0 ? (this.#timestamp[i - 1] as number) : 0
      this.#noTimestamp.push(i)
    }
  }

  #useOrigin(origin: Origin): void {
    let id = this.#originIds.get(origin)
    if (id === undefined) {
      const key = JSON.stringify(originToTuple(origin))
      id = this.#origins.get(key)
      if (id === undefined) this.#origins.set(key, (id = this.#origins.size))
      this.#originIds.set(origin, id)
    }
    this.#lastOrigin = origin
    this.#lastOriginId = id
  }

  #useLayout(layout: number): void {
    let id = this.#layouts.get(layout)
    if (id === undefined) this.#layouts.set(layout, (id = this.#layouts.size))
    this.#lastLayout = layout
    this.#lastLayoutId = id
  }

  /** Host and app names are index terms too; once per block is enough. */
  #nameId(dictionary: ByteDictionary, bytes: Buffer, start: number, end: number): number {
    const before = dictionary.size
    const id = dictionary.idOf(bytes, start, end)
    if (dictionary.size > before) this.terms.addText(bytes.toString('utf8', start, end))
    return id
  }

  #textId(dictionary: ByteDictionary, text: string): number {
    const bytes = Buffer.from(text)
    return this.#nameId(dictionary, bytes, 0, bytes.length)
  }

  #procIdOf(row: number, bytes: Buffer, start: number, end: number): number {
    if (start === end) return 0
    let value = 0
    let plain = end - start <= 9 && (bytes[start] !== 0x30 || end - start === 1)
    for (let i = start; plain && i < end; i++) {
      const digit = (bytes[i] as number) - 0x30
      plain = digit >= 0 && digit <= 9
      value = value * 10 + digit
    }
    if (plain && value <= maxNumericProcId) return value + 1
    this.#oddProcIds.push([row, bytes.toString('utf8', start, end)])
    return 0
  }

  #addText(row: number, bytes: Buffer, start: number, end: number): void {
    const length = end - start
    const needed = this.#textLength + length + 1
    if (needed > this.#text.length) {
      const text = Buffer.allocUnsafeSlow(Math.max(needed, this.#text.length * 2))
      this.#text.copy(text, 0, 0, this.#textLength)
      this.#text = text
    }
    bytes.copy(this.#text, this.#textLength, start, end)
    this.#textLength += length
    this.#text[this.#textLength++] = lineFeed
    this.#lengths[row] = length
  }

  #summary(hosts: readonly string[], apps: readonly string[], origins: BlockDictionary['origins']): BlockSummary {
    const minutes = new Map<number, number[]>()
    const hostCounts = new Uint32Array(hosts.length)
    const hostLastRow = new Uint32Array(hosts.length)
    const hostFacilities = new Uint32Array(hosts.length)
    const appCounts = new Uint32Array(apps.length)
    for (let i = 0; i < this.#count; i++) {
      const minute = Math.floor((this.#received[i] as number) / 60_000)
      let severities = minutes.get(minute)
      if (severities === undefined) minutes.set(minute, (severities = [0, 0, 0, 0, 0, 0, 0, 0]))
      const pri = this.#pri[i] as number
      severities[pri & 7] = (severities[pri & 7] as number) + 1
      const host = this.#host[i] as number
      hostCounts[host] = (hostCounts[host] as number) + 1
      hostLastRow[host] = i
      hostFacilities[host] = (hostFacilities[host] as number) | (1 << (pri >> 3))
      const app = this.#app[i] as number
      appCounts[app] = (appCounts[app] as number) + 1
    }
    return {
      minutes: [...minutes],
      hosts: hosts.flatMap((name, id): HostSummary[] => {
        const row = hostLastRow[id] as number
        const peer = origins[this.#origin[row] as number]?.[0] ?? ''
        return id === 0
          ? []
          : [[name, hostCounts[id] as number, this.#received[row] as number, peer, hostFacilities[id] as number]]
      }),
      apps: apps.flatMap((name, id): [string, number][] => (id === 0 ? [] : [[name, appCounts[id] as number]])),
    }
  }
}

const emptyBytes = Buffer.alloc(0)

function inOnePiece(
  summary: Uint8Array,
  columns: readonly Uint8Array[],
): Pick<EncodedBlock, 'memory' | 'summary' | 'columns'> {
  const memory = new ArrayBuffer(columns.reduce((sum, data) => sum + data.length, summary.length))
  let end = 0
  const place = (data: Uint8Array): Uint8Array<ArrayBuffer> => {
    const placed = new Uint8Array(memory, end, data.length)
    placed.set(data)
    end += data.length
    return placed
  }
  return { memory, summary: place(summary), columns: columns.map(place) }
}

function minimum(values: Float64Array, count: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < count; i++) if ((values[i] as number) < least) least = values[i] as number
  return least
}

function maximum(values: Float64Array, count: number): number {
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) if ((values[i] as number) > most) most = values[i] as number
  return most
}
