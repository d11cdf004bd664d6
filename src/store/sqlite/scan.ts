// Walks the day files for one search: newest first, block by block, each with its matching rows. The index chooses the
// blocks, the columns rule rows out or in (block-test.ts), the predicate decides on the rest.
import type { LogRecord } from '../../model/record.ts'
import { dayOf, recordId, type StoredRow } from '../../model/row.ts'
import type { EventView, Query } from '../../query/ast.ts'
import { compileQuery } from '../../query/match.ts'
import { type IndexPlan, indexPlan } from '../../query/plan.ts'
import { RecordView } from '../../query/record-view.ts'
import type { Share, TimeRange } from '../store.ts'
import { compileBlockTest } from './block-test.ts'
import { type BlockView, openBlock } from './block-view.ts'
import { candidateBlocks, type IndexStatements, prepareIndex } from './candidates.ts'
import { type DamageNotes, isDamage } from './damage.ts'
import { type Db, listDamaged, listDays, openDayForReading, unreadable } from './day-file.ts'
import { lowerScratch } from './lower-ascii.ts'
import { openSummaries, type Summaries } from './summaries.ts'
import { no, unknown } from './verdicts.ts'

/** Makes the record of a stored row, and the frame's bytes again; given by src/parse/record.ts. */
export type RowDecoder = {
  readonly recordOf: (row: StoredRow, id: string) => LogRecord
  readonly rawOf: (row: StoredRow) => Uint8Array
  /** src/parse/may-decode.ts; without it searches in extracted fields look at every record. */
  readonly mayDecode?: ((bytes: Uint8Array, start: number, end: number) => boolean) | undefined
}

/** Day files that stay open between searches. */
const maxOpenDays = 16
/** A search that looks into so few blocks of a day keeps them unpacked, about a megabyte each, for the searches beside it:
 *  its histogram, its next page. */
const maxKeptBlocks = 32
/** Records per stripe when a search is shared out: many blocks, so that few blocks lie in two stripes. */
const stripeRecords = 1 << 18

/** Which records: by receive time, by sequence number (both ends excluded), and of a shared search its share. */
export type ScanRange = TimeRange & {
  readonly belowSeq?: number | undefined
  readonly aboveSeq?: number | undefined
  readonly share?: Share | undefined
  /** Is told of what cannot be read. */
  readonly damage: DamageNotes
}

export type BlockRow = {
  readonly first_seq: number
  readonly count: number
  readonly sealed: number
  readonly min_received: number
  readonly max_received: number
}

/** One file. A day may have several: those that were damaged and set aside before the one that it goes on in. */
export type OpenDay = {
  /** The day, or the name of a damaged file of it (day-file.ts). */
  readonly name: string
  readonly day: string
  readonly db: Db
  readonly statements: ReturnType<typeof prepare>
  readonly index: IndexStatements
  readonly summaries: Summaries
}

/** The matching rows of one block. Good until `visit` returns. */
export type BlockMatches = {
  readonly file: OpenDay
  readonly block: BlockRow
  readonly view: BlockView
  /** Calls `visit` with the number of each matching row, newest first, until it returns false; false when it did. */
  each(visit: (row: number) => boolean): boolean
  /** The record as fields to read; the same object every time. */
  event(row: number): EventView
  record(row: number): LogRecord
  /** Records of this block that were made to be judged. */
  readonly judged: number
  /** Rows of this block that lay in the range, as far as `each` came. */
  readonly scanned: number
}

export type Scan = ReturnType<typeof openScan>

export function openScan(dataDir: string, decoder: RowDecoder, now: () => number) {
  const open = new Map<string, OpenDay>()
  /** Sealed blocks by their file and first record, the one used last at the end. */
  const kept = new Map<string, BlockView>()
  const scratch = lowerScratch()
  const mayDecode = decoder.mayDecode ?? (() => true)

  /** The days that have a file, oldest first, the names of damaged files in front of their day's; files of removed days
   *  are let go of. */
  function days(): string[] {
    const inOrder = (name: string): string => name.padEnd(20, '~')
    const listed = [...listDays(dataDir), ...listDamaged(dataDir)].toSorted((a, b) =>
      inOrder(a) < inOrder(b) ? -1 : 1,
    )
    for (const [day, { db }] of open) {
      if (!listed.includes(day)) closeDay(day, db)
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
    const made = usable(day, db)
    open.set(day, made)
    for (const [oldest, file] of open) {
      if (open.size <= maxOpenDays) break
      closeDay(oldest, file.db)
    }
    return made
  }

  /** Errors: DATA_UNREADABLE when the tables of the file are damaged. */
  function usable(day: string, db: Db): OpenDay {
    try {
      const statements = prepare(db)
      const summaries = openSummaries(firstSeq => statements.summary.get(firstSeq) as Buffer)
      return { name: day, day: day.slice(0, 8), db, statements, index: prepareIndex(db), summaries }
    } catch (error) {
      db.close()
      throw unreadable(dataDir, day, error)
    }
  }

  function closeDay(day: string, db: Db): void {
    db.close()
    open.delete(day)
    // they read their columns when these are asked for
    for (const key of kept.keys()) if (key.startsWith(`${day}/`)) kept.delete(key)
  }

  /** Calls `visit` once per day file that may hold records of the range, newest first, with its candidate blocks, newest
   *  first, until it returns false. */
  function eachDay(
    query: Query,
    range: ScanRange,
    visit: (file: OpenDay, blocks: readonly BlockRow[]) => boolean,
  ): void {
    const plan = indexPlan(query)
    const from = range.from ?? 0
    const to = range.to ?? Number.MAX_SAFE_INTEGER
    const firstDay = range.from === undefined ? '' : dayOf(range.from)
    for (const day of days().toReversed()) {
      if (day.slice(0, 8) < firstDay) break
      let file: OpenDay | undefined
      try {
        file = openDay(day)
        if (file === undefined) continue
        // one snapshot per file: a merge in between would show its records twice or not at all
        file.db.exec('BEGIN')
        const all = blocksOf(file, [from, to, range.belowSeq ?? Number.MAX_SAFE_INTEGER], range.damage)
        const { aboveSeq = 0, share } = range
        const first = all[0]
        if (first !== undefined && lastSeq(first) <= aboveSeq) return
        const blocks = all.filter(block => lastSeq(block) > aboveSeq && touches(block, share))
        if (!visit(file, candidatesOf(file, plan, blocks))) return
      } catch (error) {
        range.damage.day(day.slice(0, 8), isDamage(error) ? error : unreadable(dataDir, day, error))
      } finally {
        // a COMMIT after damage fails
        if (file?.db.inTransaction) file.db.exec('ROLLBACK')
      }
    }
  }

  /** Newest first. Of a damaged table the rows on both sides of the damage. */
  function blocksOf(file: OpenDay, bounds: readonly [number, number, number], damage: DamageNotes): BlockRow[] {
    try {
      return file.statements.blocks.all(...bounds) as BlockRow[]
    } catch (error) {
      damage.day(file.day, error)
    }
    const found = new Map<number, BlockRow>()
    for (const statement of [file.statements.blocks, file.statements.blocksUp])
      try {
        for (const block of statement.iterate(...bounds) as Iterable<BlockRow>) found.set(block.first_seq, block)
      } catch (error) {
        if (!isDamage(error)) throw error
      }
    return [...found.values()].toSorted((a, b) => b.first_seq - a.first_seq)
  }

  /** The index only chooses: without it every block is looked into. */
  function candidatesOf(file: OpenDay, plan: IndexPlan, blocks: readonly BlockRow[]): readonly BlockRow[] {
    try {
      return candidateBlocks(file.index, plan, blocks)
    } catch (error) {
      if (!isDamage(error)) throw error
      return blocks
    }
  }

  function view(file: OpenDay, block: BlockRow): BlockView {
    return openBlock(
      block.first_seq,
      block.count,
      id => file.statements.column.get(block.first_seq * 16 + id) as Buffer | undefined,
      scratch,
    )
  }

  /** The view of a sealed block that was looked into lately, or a new one that is kept for later. */
  function keptView(file: OpenDay, block: BlockRow): BlockView {
    const key = `${file.name}/${block.first_seq}`
    const made = kept.get(key) ?? view(file, block)
    if (block.sealed === 0) return made
    kept.delete(key)
    kept.set(key, made)
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKeptBlocks) break
      kept.delete(oldest)
    }
    return made
  }

  /** Calls `visit` with each block that has, or may have, matching rows, newest first, until it returns false. */
  function eachMatching(query: Query, range: ScanRange, visit: (matches: BlockMatches) => boolean): void {
    const compiledAt = now()
    const predicate = compileQuery(query, { now: compiledAt })
    const test = compileBlockTest(query, { now: compiledAt, mayDecode })
    const event = new RecordView()

    function matchesOf(file: OpenDay, block: BlockRow, blockView: BlockView): BlockMatches {
      const verdicts = test(blockView)
      const received = isWithin(block, range) ? undefined : blockView.received()
      let shownRow = -1
      function show(row: number): EventView {
        if (shownRow !== row) event.of(decoder.recordOf(blockView.row(row), ''))
        shownRow = row
        return event
      }
      const matches = {
        file,
        block,
        view: blockView,
        judged: 0,
        scanned: 0,
        event: show,
        record: (row: number): LogRecord =>
          decoder.recordOf(blockView.row(row), recordId(file.day, block.first_seq + row)),
        each(visitRow: (row: number) => boolean): boolean {
          const first = Math.max(0, (range.aboveSeq ?? 0) + 1 - block.first_seq)
          const end = Math.min(block.count, (range.belowSeq ?? Number.MAX_SAFE_INTEGER) - block.first_seq)
          for (let i = end - 1; i >= first; i--) {
            if (received !== undefined && !isInRange(received[i] as number, range)) continue
            if (range.share !== undefined && !isOf(range.share, block.first_seq + i)) continue
            matches.scanned++
            const verdict = typeof verdicts === 'number' ? verdicts : verdicts[i]
            if (verdict === no) continue
            if (verdict === unknown) {
              matches.judged++
              if (!predicate(show(i))) continue
            }
            if (!visitRow(i)) return false
          }
          return true
        },
      }
      return matches
    }

    eachDay(query, range, (file, blocks) => {
      const open = blocks.length > maxKeptBlocks ? view : keptView
      return blocks.every(
        block => range.damage.block(file.day, () => visit(matchesOf(file, block, open(file, block)))) ?? true,
      )
    })
  }

  return {
    days,
    openDay,
    /** Closes the files of older days. */
    letGoBefore(day: string): void {
      for (const [older, { db }] of open) if (older < day) closeDay(older, db)
    },
    eachDay,
    eachMatching,
    view,
    /** Receive time of the oldest record. */
    oldest(): number | undefined {
      for (const day of days()) {
        const least = ifReadable(() => openDay(day)?.statements.oldest.get() as number | null | undefined)
        if (least !== null && least !== undefined) return least
      }
      return undefined
    },
    close(): void {
      for (const { db } of open.values()) db.close()
      open.clear()
      kept.clear()
    },
  }
}

/** For sums that people see beside the System page's warning, and bounds: undefined instead of damage. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

export function isInRange(receivedAt: number, range: TimeRange): boolean {
  return receivedAt >= (range.from ?? 0) && receivedAt < (range.to ?? Number.MAX_SAFE_INTEGER)
}

/** True when every record of the block is in the time range. */
export function isWithin(block: BlockRow, range: TimeRange): boolean {
  return isInRange(block.min_received, range) && isInRange(block.max_received, range)
}

/** A share holds stripes of sequence numbers, not blocks: a merge between two processes' looks changes the blocks. */
function isOf({ index, of }: Share, seq: number): boolean {
  return Math.floor(seq / stripeRecords) % of === index
}

function touches(block: BlockRow, share: Share | undefined): boolean {
  return share === undefined || isOf(share, block.first_seq) || isOf(share, lastSeq(block))
}

function lastSeq(block: BlockRow): number {
  return block.first_seq + block.count - 1
}

function prepare(db: Db) {
  return {
    blocks: db.prepare(
      'SELECT first_seq, count, sealed, min_received, max_received FROM block WHERE max_received >= ? AND min_received < ? AND first_seq < ? ORDER BY first_seq DESC',
    ),
    blocksUp: db.prepare(
      'SELECT first_seq, count, sealed, min_received, max_received FROM block WHERE max_received >= ? AND min_received < ? AND first_seq < ? ORDER BY first_seq',
    ),
    summary: db.prepare('SELECT summary FROM block WHERE first_seq = ?').pluck(),
    column: db.prepare('SELECT data FROM column_data WHERE id = ?').pluck(),
    oldest: db.prepare('SELECT min(min_received) FROM block').pluck(),
    totals: db.prepare('SELECT sum(count) AS records, max(max_received) AS newest FROM block'),
    hits: db.prepare('SELECT n, seq, rules, record FROM hit WHERE n > ? ORDER BY n LIMIT ?'),
    lastHit: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'hit'").pluck(),
    blockOf: db.prepare(
      'SELECT first_seq, count, sealed, min_received, max_received FROM block WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
    ),
  }
}
