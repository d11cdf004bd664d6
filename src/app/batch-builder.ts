// Frame → header → rules → block: everything that happens to a record between the socket and the writer.
//
//   scanHeader ─► matcher.scan ─► builder.appendScanned        most frames: no object, no string
//       │ rare forms     └ candidates ─► recordOf ─► matcher ─► hits
//       └─► rowOfFrame ─► recordOf ─► matcher ─► builder.appendRow
import { createMatcher } from '../detect/match.ts'
import type { CompiledRule } from '../detect/rules.ts'
import type { Origin, StoredRow } from '../model/row.ts'
import { mayDecode } from '../parse/may-decode.ts'
import { recordOf, rowOfFrame } from '../parse/record.ts'
import { indexedTexts } from '../query/tokens.ts'
import type { Batch, BatchHit } from '../store/sqlite/append.ts'
import { BlockBuilder } from '../store/sqlite/block-builder.ts'
import { HeaderScan, scanHeader } from '../syslog-parser/scan.ts'
import type { OriginOfHost } from './read-settings.ts'

export type BatchBuilder = {
  /** Records gathered since the last batch. */
  readonly count: number
  readonly isFull: boolean
  /** Takes the frame bytes[from, to), copying what it keeps. `receivedAt` in ms since 1970 UTC. Never throws on input. */
  take(bytes: Uint8Array, from: number, to: number, receivedAt: number, origin: Origin): void
  /** Everything taken since the last call, as a batch of this receive day. */
  batch(day: string): Batch
  useRules(rules: readonly CompiledRule[]): void
}

/** `originOfHost`: what holds for single hosts behind a relay, when something does. */
export function createBatchBuilder(
  rules: readonly CompiledRule[],
  rowsPerBlock?: number,
  originOfHost?: OriginOfHost,
): BatchBuilder {
  const block = new BlockBuilder(rowsPerBlock)
  const header = new HeaderScan()
  let matcher = createMatcher(rules)
  let hits: BatchHit[] = []

  /** Runs the rules on a record. `isDecoded`: its words do not all stand in the frame as they are, so they are added here. */
  function check(row: StoredRow, isDecoded: boolean): void {
    const record = recordOf(row, '')
    if (isDecoded) for (const text of indexedTexts(record)) block.terms.addText(text)
    const ruleIds = isDecoded ? matcher.matchAll(record) : matcher.matchCandidates(record)
    if (ruleIds.length > 0) hits.push({ row: block.count, ruleIds })
  }

  /** Who sent a frame that is parsed whole is known only then: for some it is parsed again. */
  function wholeRow(frame: Buffer, receivedAt: number, origin: Origin): StoredRow {
    const row = rowOfFrame(frame, receivedAt, origin)
    if (originOfHost === undefined || row.hostname === undefined) return row
    const own = originOfHost(origin, row.hostname)
    return own === origin ? row : rowOfFrame(frame, receivedAt, own)
  }

  return {
    get count() {
      return block.count
    },
    get isFull() {
      return block.isFull
    },
    take(received, from, to, receivedAt, relayed) {
      const bytes = asBuffer(received)
      let origin = relayed
      if (!scanHeader(bytes, from, to, receivedAt, origin.timeZone, header)) {
        const row = wholeRow(Buffer.from(bytes.subarray(from, to)), receivedAt, origin)
        check(row, true)
        block.appendRow(row)
        return
      }
      if (originOfHost !== undefined && header.hostEnd > header.hostStart) {
        origin = originOfHost(origin, bytes.toString('latin1', header.hostStart, header.hostEnd))
        // the host's own zone may give another time
        if (origin.timeZone !== relayed.timeZone) scanHeader(bytes, from, to, receivedAt, origin.timeZone, header)
      }
      const isCandidate = matcher.scan(bytes, from, to)
      const isDecoded = mayDecode(bytes, header.messageStart, to)
      if (isCandidate || isDecoded) check(scannedRow(header, bytes, to, receivedAt, origin), isDecoded)
      block.appendScanned(bytes, to, header, receivedAt, origin)
    },
    batch(day) {
      const made = { day, block: block.encode(), hits }
      hits = []
      return made
    },
    useRules(changed) {
      matcher = createMatcher(changed)
    },
  }
}

/** The framer carries unfinished frames over in a plain array. */
function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function scannedRow(header: HeaderScan, bytes: Buffer, to: number, receivedAt: number, origin: Origin): StoredRow {
  const text = (start: number, end: number): string | undefined =>
    end > start ? bytes.toString('latin1', start, end) : undefined
  return {
    seq: 0,
    receivedAt,
    origin,
    layout: header.layout,
    facility: header.pri >> 3,
    severity: header.pri & 7,
    timestampMicros: header.timestampMicros,
    hostname: text(header.hostStart, header.hostEnd),
    appName: text(header.appStart, header.appEnd),
    procId: text(header.procIdStart, header.procIdEnd),
    bytes: bytes.subarray(header.messageStart, to),
  }
}
