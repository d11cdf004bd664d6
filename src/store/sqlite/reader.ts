// Answers searches from the day files. Synchronous; it runs in the search processes and in the CLI, never where records
// are received.
//
//   reader.ts ─► scan.ts ─► candidates.ts (which blocks) ─► block-test.ts (which rows, by columns) ─► query/match.ts
//          └─► histogram.ts, facets.ts
import { PicketError } from '../../base/errors.ts'
import type { Hit } from '../../model/alert.ts'
import { excerptOf } from '../../model/excerpt.ts'
import { type RecordJson, recordToJson } from '../../model/record.ts'
import { parseRecordId, recordId } from '../../model/row.ts'
import type { HitCheckpoint, HostSeen, Reader, SearchPage, SearchRequest, StoreTotals, TimeRange } from '../store.ts'
import type { BlockView } from './block-view.ts'
import { dayPath } from './day-file.ts'
import { facetsOf } from './facets.ts'
import { histogramOf } from './histogram.ts'
import { type BlockRow, type OpenDay, openScan, type RowDecoder } from './scan.ts'

/** A page, or a helping of hits, ends early behind so many bytes: it is copied from process to process and kept in memory. */
const maxPageBytes = 8 << 20
/** From here on a hit brings an excerpt of its record: alerts keep it in picket.db. */
const longFrame = 4096
/** Whoever may send can invent host names; the newest ones are told. */
const maxHosts = 10_000

/** Opens a data folder for reading; it may be in use, stopped, or a backup. Errors: DATA_UNREADABLE, thrown by the methods. */
export function openReader(dataDir: string, decoder: RowDecoder, now: () => number = Date.now): Reader {
  const scan = openScan(dataDir, decoder, now)

  return {
    search(request: SearchRequest): SearchPage {
      const records: RecordJson[] = []
      const belowSeq = request.cursor === undefined ? undefined : seqOf(request.cursor)
      const aboveSeq = request.after === undefined ? undefined : seqOf(request.after)
      const deadline = now() + (request.budgetMs ?? Number.POSITIVE_INFINITY)
      let matched = 0
      let scanned = 0
      let bytes = 0
      let nextCursor: string | null = null
      const isFull = (): boolean => records.length >= request.limit || bytes >= maxPageBytes
      scan.eachMatching(request.query, { ...request, belowSeq, aboveSeq }, matches => {
        const { file, block, view } = matches
        matches.each(row => {
          matched++
          if (isFull()) return true
          const stored = view.row(row)
          const record = matches.record(row)
          records.push(recordToJson(record, request.raw === true ? decoder.rawOf(stored) : undefined))
          bytes += stored.bytes.length
          if (aboveSeq !== undefined || !isFull()) return true
          nextCursor = record.id
          return false
        })
        scanned += matches.scanned
        if (aboveSeq !== undefined) return true
        if (nextCursor === null && now() >= deadline) nextCursor = recordId(file.day, block.first_seq)
        return nextCursor === null
      })
      return { records, nextCursor, scanned, ...(aboveSeq === undefined ? {} : { matched }) }
    },

    histogram({ from = scan.oldest() ?? 0, to = now() + 1, ...request }) {
      return histogramOf(scan, { ...request, from, to })
    },

    facets: request => facetsOf(scan, request),

    hosts(range: TimeRange): readonly HostSeen[] {
      const seen = new Map<
        string,
        { peer: string; records: number; firstSeen: number; lastSeen: number; facilities: Map<number, number> }
      >()
      scan.eachDay({ kind: 'all' }, range, (file, blocks) => {
        for (const block of blocks)
          for (const [hostname, records, last, peer, facilities] of file.summaries.of(block).hosts) {
            let host = seen.get(hostname)
            if (host === undefined && seen.size >= maxHosts) continue
            if (host === undefined)
              seen.set(hostname, (host = { peer, records: 0, firstSeen: last, lastSeen: last, facilities: new Map() }))
            host.records += records
            host.firstSeen = Math.min(host.firstSeen, records === 1 ? last : block.min_received)
            for (let facility = 0; facility < 24; facility++)
              if ((facilities & (1 << facility)) !== 0 && !host.facilities.has(facility))
                host.facilities.set(facility, last)
          }
        return true
      })
      return [...seen].map(([hostname, host]) => ({ hostname, ...host, facilities: [...host.facilities] }))
    },

    totals(): StoreTotals {
      const listed = scan.days()
      let records = 0
      let bytes = 0
      let newest: number | undefined
      for (const day of listed) {
        const file = scan.openDay(day)
        if (file === undefined) continue
        const { db, statements } = file
        const total = statements.totals.get() as { records: number | null; newest: number | null }
        records += total.records ?? 0
        newest = total.newest ?? newest
        bytes +=
          (db.pragma('page_count', { simple: true }) as number) * (db.pragma('page_size', { simple: true }) as number)
      }
      return { records, bytes, days: listed.length, oldest: scan.oldest(), newest }
    },

    hitsAfter(checkpoint: HitCheckpoint | undefined, limit: number): readonly Hit[] {
      const hits: Hit[] = []
      let bytes = 0
      // nobody asks for hits of older days any more, and an open file cannot leave WAL mode
      if (checkpoint !== undefined) scan.letGoBefore(checkpoint.day)
      for (const day of scan.days()) {
        const file = checkpoint !== undefined && day < checkpoint.day ? undefined : scan.openDay(day)
        if (file === undefined) continue
        const after = day === checkpoint?.day ? checkpoint.n : 0
        const recordAt = recordsOf(file)
        // one snapshot: a merge in between would move records from block to block
        file.db.exec('BEGIN')
        try {
          for (const { n, seq, rules, record } of file.statements.hits.all(after, limit - hits.length) as HitRow[]) {
            const found =
              record === '' ? recordAt(seq) : { ...(JSON.parse(record) as RecordJson), id: recordId(day, seq) }
            hits.push({ n, day, ruleIds: JSON.parse(rules) as string[], record: found })
            bytes += sizeOf(found)
            if (bytes >= maxPageBytes) return hits
          }
        } finally {
          file.db.exec('COMMIT')
        }
        if (hits.length >= limit) break
      }
      return hits
    },

    close: () => scan.close(),
  }

  /** The records of one day by sequence number, asked for in rising order: the block of the last one stays unpacked. */
  function recordsOf(file: OpenDay): (seq: number) => RecordJson {
    let block: BlockRow | undefined
    let view: BlockView | undefined
    return seq => {
      if (block === undefined || view === undefined || seq < block.first_seq || seq >= block.first_seq + block.count) {
        block = file.statements.blockOf.get(seq) as BlockRow | undefined
        if (block === undefined || seq >= block.first_seq + block.count)
          throw new PicketError(
            'DATA_UNREADABLE',
            `${dayPath(dataDir, file.day)} has a hit on record ${seq}, which it lacks`,
          )
        view = scan.view(file, block)
      }
      const row = view.row(seq - block.first_seq)
      const record = recordToJson(decoder.recordOf(row, recordId(file.day, seq)))
      return row.bytes.length > longFrame ? excerptOf(record) : record
    }
  }
}

/** About what a record takes, in characters; an excerpt bounds the rest. */
function sizeOf({ message, fields, structured_data }: RecordJson): number {
  return message.length + JSON.stringify([fields, structured_data]).length
}

/** `record` is empty, or the record as older versions kept it. */
type HitRow = { readonly n: number; readonly seq: number; readonly rules: string; readonly record: string }

function seqOf(id: string): number {
  const parsed = parseRecordId(id)
  if (parsed === undefined)
    throw new PicketError('BAD_REQUEST', `"${id}" is not a record id like 20261123-000000000042`)
  return parsed.seq
}
