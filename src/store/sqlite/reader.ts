// Answers searches from the day files: the index chooses candidate blocks, the predicate decides on each record.
// Synchronous; it runs in the search processes and in the CLI, never where records are received.
import { PicketError } from '../../base/errors.ts'
import type { Hit } from '../../model/alert.ts'
import { type LogRecord, type RecordJson, recordToJson } from '../../model/record.ts'
import { dayOf, parseRecordId, recordId, type StoredRow } from '../../model/row.ts'
import type { EventView, Query } from '../../query/ast.ts'
import { compileQuery } from '../../query/match.ts'
import { indexPlan } from '../../query/plan.ts'
import { RecordView } from '../../query/record-view.ts'
import type {
  Facets,
  Histogram,
  HitCheckpoint,
  HostSeen,
  Reader,
  SearchPage,
  SearchRequest,
  StoreTotals,
  TimeRange,
} from '../store.ts'
import type { BlockSummary } from './block.ts'
import { type BlockView, openBlock } from './block-view.ts'
import { candidateBlocks, type IndexStatements, prepareIndex } from './candidates.ts'
import { unpackJson } from './columns.ts'
import { type Db, listDays, openDayForReading, unreadable } from './day-file.ts'

/** Makes the record of a stored row, and the frame's bytes again; given by src/parse/record.ts. */
export type RowDecoder = {
  readonly recordOf: (row: StoredRow, id: string) => LogRecord
  readonly rawOf: (row: StoredRow) => Uint8Array
}

/** Day files that stay open between searches. */
const maxOpenDays = 16
/** A page, or a helping of hits, ends early behind so many bytes: it is copied from process to process and kept in memory. */
const maxPageBytes = 8 << 20
/** Whoever may send can invent host names; the newest ones are told. */
const maxHosts = 10_000

type BlockRow = {
  readonly first_seq: number
  readonly count: number
  readonly sealed: number
  readonly min_received: number
  readonly max_received: number
}

type OpenDay = {
  readonly day: string
  readonly db: Db
  readonly statements: ReturnType<typeof prepare>
  readonly index: IndexStatements
}

/** Opens a data folder for reading; it may be in use, stopped, or a backup. Errors: DATA_UNREADABLE, thrown by the methods. */
export function openReader(dataDir: string, decoder: RowDecoder, now: () => number = Date.now): Reader {
  const open = new Map<string, OpenDay>()

  /** The days that have a file, oldest first; files of removed days are let go of. */
  function days(): string[] {
    const listed = listDays(dataDir)
    for (const [day, { db }] of open) {
      if (listed.includes(day)) continue
      db.close()
      open.delete(day)
    }
    return listed
  }

  function openDay(day: string): OpenDay | undefined {
    const found = open.get(day)
    if (found !== undefined) {
      open.delete(day)
      open.set(day, found)
      return found
    }
    const db = openDayForReading(dataDir, day)
    if (db === undefined) return undefined
    const made = { day, db, statements: prepare(db), index: prepareIndex(db) }
    open.set(day, made)
    for (const [oldest, file] of open) {
      if (open.size <= maxOpenDays) break
      file.db.close()
      open.delete(oldest)
    }
    return made
  }

  /** Calls `visit` for every block that may hold matching records, newest first, until it returns false. */
  function eachBlock(
    query: Query,
    range: TimeRange & { readonly belowSeq?: number | undefined; readonly aboveSeq?: number | undefined },
    visit: (day: OpenDay, block: BlockRow) => boolean,
  ): void {
    const plan = indexPlan(query)
    const from = range.from ?? 0
    const to = range.to ?? Number.MAX_SAFE_INTEGER
    const firstDay = range.from === undefined ? '' : dayOf(range.from)
    for (const day of days().toReversed()) {
      if (day < firstDay) break
      const file = openDay(day)
      if (file === undefined) continue
      // one snapshot per file: a merge in between would show its records twice or not at all
      try {
        file.db.exec('BEGIN')
        const blocks = file.statements.blocks.all(from, to, range.belowSeq ?? Number.MAX_SAFE_INTEGER) as BlockRow[]
        const last = blocks[0]
        if (last !== undefined && range.aboveSeq !== undefined && last.first_seq + last.count - 1 <= range.aboveSeq)
          return
        const candidates = candidateBlocks(file.index, plan, blocks)
        for (const block of candidates) {
          if (range.aboveSeq !== undefined && block.first_seq + block.count - 1 <= range.aboveSeq) return
          if (!visit(file, block)) return
        }
      } catch (error) {
        throw unreadable(dataDir, day, error)
      } finally {
        if (file.db.inTransaction) file.db.exec('COMMIT')
      }
    }
  }

  function view(file: OpenDay, block: BlockRow): BlockView {
    return openBlock(
      block.first_seq,
      block.count,
      id => file.statements.column.get(block.first_seq * 16 + id) as Buffer,
    )
  }

  /** Calls `visit` with each matching record, newest first, until it returns false; returns how many were tested. */
  function eachMatch(
    query: Query,
    range: TimeRange & { readonly belowSeq?: number | undefined; readonly aboveSeq?: number | undefined },
    visit: (record: LogRecord, row: StoredRow, event: EventView) => boolean,
  ): number {
    const predicate = compileQuery(query, { now: now() })
    const event = new RecordView()
    let scanned = 0
    eachBlock(query, range, (file, block) => {
      const blockView = view(file, block)
      const received = isWithin(block, range) ? undefined : blockView.received()
      for (let i = block.count - 1; i >= 0; i--) {
        const seq = block.first_seq + i
        if (range.belowSeq !== undefined && seq >= range.belowSeq) continue
        if (range.aboveSeq !== undefined && seq <= range.aboveSeq) return false
        if (received !== undefined && !isInRange(received[i] as number, range)) continue
        scanned++
        const row = blockView.row(i)
        const record = decoder.recordOf(row, recordId(file.day, seq))
        if (predicate(event.of(record)) && !visit(record, row, event)) return false
      }
      return true
    })
    return scanned
  }

  return {
    search(request: SearchRequest): SearchPage {
      const records: RecordJson[] = []
      const belowSeq = request.cursor === undefined ? undefined : seqOf(request.cursor)
      const aboveSeq = request.after === undefined ? undefined : seqOf(request.after)
      let matched = 0
      let bytes = 0
      const isFull = (): boolean => records.length >= request.limit || bytes >= maxPageBytes
      const scanned = eachMatch(request.query, { ...request, belowSeq, aboveSeq }, (record, row) => {
        matched++
        if (!isFull()) {
          records.push(recordToJson(record, request.raw === true ? decoder.rawOf(row) : undefined))
          bytes += row.bytes.length
        }
        return aboveSeq !== undefined || !isFull()
      })
      const last = records.at(-1)
      const nextCursor = aboveSeq === undefined && isFull() && last !== undefined ? last.id : null
      return { records, nextCursor, scanned, ...(aboveSeq === undefined ? {} : { matched }) }
    },

    histogram({ query, from, to, buckets }): Histogram {
      const range = { from: from ?? oldest() ?? 0, to: to ?? now() + 1 }
      const width = Math.max(1, Math.ceil((range.to - range.from) / buckets))
      const made = Array.from({ length: Math.ceil((range.to - range.from) / width) }, (_, i) => ({
        from: range.from + i * width,
        to: range.from + (i + 1) * width,
        count: 0,
        bySeverity: [0, 0, 0, 0, 0, 0, 0, 0],
      }))
      let total = 0
      const add = (receivedAt: number, severity: number, count: number): void => {
        const bucket = made[Math.floor((receivedAt - range.from) / width)]
        if (bucket === undefined) return
        bucket.count += count
        bucket.bySeverity[severity] = (bucket.bySeverity[severity] as number) + count
        total += count
      }
      // a minute of the summary counts as a whole when no bucket border can cut it
      const wholeMinutes = width % 60_000 === 0 && range.from % 60_000 === 0
      if (query.kind === 'all')
        eachBlock(query, range, (file, block) => {
          if (isWithin(block, range) && (wholeMinutes || sameBucket(block, range.from, width))) {
            for (const [minute, severities] of summaryOf(file, block).minutes)
              severities.forEach((count, severity) => {
                if (count > 0) add(wholeMinutes ? minute * 60_000 : block.min_received, severity, count)
              })
            return true
          }
          const blockView = view(file, block)
          const received = blockView.received()
          const pris = blockView.pris()
          for (let i = 0; i < block.count; i++)
            if (isInRange(received[i] as number, range)) add(received[i] as number, (pris[i] as number) & 7, 1)
          return true
        })
      else
        eachMatch(query, range, record => {
          add(record.receivedAt, record.severity, 1)
          return true
        })
      return { buckets: made, total }
    },

    facets({ query, from, to, fields, limit }): Facets {
      const range = { from, to }
      const counts = new Map(fields.map(field => [field, new Map<string, number>()]))
      const add = (field: string, value: unknown, count: number): void => {
        if (value === undefined || value === null) return
        if (Array.isArray(value)) return value.forEach(element => add(field, element, count))
        const of = counts.get(field) as Map<string, number>
        of.set(String(value), (of.get(String(value)) ?? 0) + count)
      }
      const fromSummary = query.kind === 'all' && fields.every(field => field === 'host' || field === 'app')
      if (fromSummary)
        eachBlock(query, range, (file, block) => {
          if (isWithin(block, range)) {
            const summary = summaryOf(file, block)
            for (const field of fields)
              for (const [value, count] of (field === 'host' ? summary.hosts : summary.apps) as readonly (readonly [
                string,
                number,
              ])[])
                add(field, value, count)
            return true
          }
          const blockView = view(file, block)
          const received = blockView.received()
          for (let i = 0; i < block.count; i++) {
            if (!isInRange(received[i] as number, range)) continue
            for (const field of fields) {
              const id = (field === 'host' ? blockView.hosts() : blockView.apps())[i] as number
              if (id > 0) add(field, (field === 'host' ? blockView.dictionary.hosts : blockView.dictionary.apps)[id], 1)
            }
          }
          return true
        })
      else
        eachMatch(query, range, (_record, _row, event) => {
          for (const field of fields) add(field, event.read(field), 1)
          return true
        })
      return Object.fromEntries(
        [...counts].map(([field, values]) => [
          field,
          [...values]
            .map(([value, count]) => ({ value, count }))
            .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
            .slice(0, limit),
        ]),
      )
    },

    hosts(range: TimeRange): readonly HostSeen[] {
      const seen = new Map<
        string,
        { peer: string; records: number; firstSeen: number; lastSeen: number; facilities: Map<number, number> }
      >()
      eachBlock({ kind: 'all' }, range, (file, block) => {
        for (const [hostname, records, last, peer, facilities] of summaryOf(file, block).hosts) {
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
      const listed = days()
      let records = 0
      let bytes = 0
      let newest: number | undefined
      for (const day of listed) {
        const file = openDay(day)
        if (file === undefined) continue
        const { db, statements } = file
        const total = statements.totals.get() as { records: number | null; newest: number | null }
        records += total.records ?? 0
        newest = total.newest ?? newest
        bytes +=
          (db.pragma('page_count', { simple: true }) as number) * (db.pragma('page_size', { simple: true }) as number)
      }
      return { records, bytes, days: listed.length, oldest: oldest(), newest }
    },

    hitsAfter(checkpoint: HitCheckpoint | undefined, limit: number): readonly Hit[] {
      const hits: Hit[] = []
      let bytes = 0
      for (const day of days()) {
        const file = checkpoint !== undefined && day < checkpoint.day ? undefined : openDay(day)
        if (file === undefined) continue
        const after = day === checkpoint?.day ? checkpoint.n : 0
        const rows = file.statements.hits.iterate(after, limit - hits.length) as Iterable<HitRow>
        for (const { n, seq, rules, record } of rows) {
          hits.push({
            n,
            day,
            ruleIds: JSON.parse(rules) as string[],
            record: { ...(JSON.parse(record) as RecordJson), id: recordId(day, seq) },
          })
          bytes += record.length
          if (bytes >= maxPageBytes) return hits
        }
        if (hits.length >= limit) break
      }
      return hits
    },

    close() {
      for (const { db } of open.values()) db.close()
      open.clear()
    },
  }

  function summaryOf(file: OpenDay, block: BlockRow): BlockSummary {
    return unpackJson(file.statements.summary.get(block.first_seq) as Buffer) as BlockSummary
  }

  function oldest(): number | undefined {
    for (const day of days()) {
      const least = openDay(day)?.statements.oldest.get() as number | null | undefined
      if (least !== null && least !== undefined) return least
    }
    return undefined
  }
}

type HitRow = { readonly n: number; readonly seq: number; readonly rules: string; readonly record: string }

function prepare(db: Db) {
  return {
    blocks: db.prepare(
      'SELECT first_seq, count, sealed, min_received, max_received FROM block WHERE max_received >= ? AND min_received < ? AND first_seq < ? ORDER BY first_seq DESC',
    ),
    summary: db.prepare('SELECT summary FROM block WHERE first_seq = ?').pluck(),
    column: db.prepare('SELECT data FROM column_data WHERE id = ?').pluck(),
    oldest: db.prepare('SELECT min(min_received) FROM block').pluck(),
    totals: db.prepare('SELECT sum(count) AS records, max(max_received) AS newest FROM block'),
    hits: db.prepare('SELECT n, seq, rules, record FROM hit WHERE n > ? ORDER BY n LIMIT ?'),
  }
}

function isInRange(receivedAt: number, range: TimeRange): boolean {
  return receivedAt >= (range.from ?? 0) && receivedAt < (range.to ?? Number.MAX_SAFE_INTEGER)
}

function isWithin(block: BlockRow, range: TimeRange): boolean {
  return isInRange(block.min_received, range) && isInRange(block.max_received, range)
}

function sameBucket(block: BlockRow, from: number, width: number): boolean {
  return Math.floor((block.min_received - from) / width) === Math.floor((block.max_received - from) / width)
}

function seqOf(id: string): number {
  const parsed = parseRecordId(id)
  if (parsed === undefined)
    throw new PicketError('BAD_REQUEST', `"${id}" is not a record id like 20261123-000000000042`)
  return parsed.seq
}
