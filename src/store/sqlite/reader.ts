// Answers searches from the day files. Synchronous; it runs in the search processes and in the CLI, never where records
// are received.
//
//   reader.ts ─► scan.ts ─► candidates.ts (which blocks) ─► block-test.ts (which rows, by columns) ─► query/match.ts
//          └─► histogram.ts, facets.ts, hits.ts
import { PicketError } from '../../base/errors.ts'
import { type RecordJson, recordToJson } from '../../model/record.ts'
import { parseRecordId, recordId } from '../../model/row.ts'
import type { HostSeen, Reader, SearchPage, SearchRequest, StoreTotals, TimeRange } from '../store.ts'
import { createDamageNotes } from './damage.ts'
import { facetsOf } from './facets.ts'
import { histogramOf } from './histogram.ts'
import { hitsAfter } from './hits.ts'
import { ifReadable, openScan, type RowDecoder } from './scan.ts'

/** A page ends early behind so many bytes: it is copied from process to process and kept in memory. */
const maxPageBytes = 8 << 20
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
      const damage = createDamageNotes()
      const isFull = (): boolean => records.length >= request.limit || bytes >= maxPageBytes
      scan.eachMatching(request.query, { ...request, belowSeq, aboveSeq, damage }, matches => {
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
      return { records, nextCursor, scanned, ...(aboveSeq === undefined ? {} : { matched }), ...damage.answer() }
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
      const damage = createDamageNotes()
      scan.eachDay({ kind: 'all' }, { ...range, damage }, (file, blocks) => {
        for (const block of blocks)
          for (const [hostname, records, last, peer, facilities] of damage.block(
            file.day,
            () => file.summaries.of(block).hosts,
          ) ?? []) {
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
        const file = ifReadable(() => scan.openDay(day))
        if (file === undefined) continue
        const { db, statements } = file
        const total = ifReadable(() => statements.totals.get() as { records: number | null; newest: number | null })
        if (total === undefined) continue
        records += total.records ?? 0
        newest = total.newest ?? newest
        bytes +=
          (db.pragma('page_count', { simple: true }) as number) * (db.pragma('page_size', { simple: true }) as number)
      }
      return { records, bytes, days: new Set(listed.map(name => name.slice(0, 8))).size, oldest: scan.oldest(), newest }
    },

    hitsAfter: (checkpoint, limit) => hitsAfter(scan, decoder, checkpoint, limit),

    close: () => scan.close(),
  }
}

function seqOf(id: string): number {
  const parsed = parseRecordId(id)
  if (parsed === undefined)
    throw new PicketError('BAD_REQUEST', `"${id}" is not a record id like 20261123-000000000042`)
  return parsed.seq
}
