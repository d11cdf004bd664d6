// Writes batches into the day files: one transaction per round, durable when it returns. Small blocks are merged into
// bigger ones until a full one is sealed and indexed. Synchronous; it runs in the writer thread.
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import type { RecordJson } from '../../model/record.ts'
import { column, columnCount, type EncodedBlock, rowsPerBlock } from './block.ts'
import { BlockBuilder } from './block-builder.ts'
import { openBlock } from './block-view.ts'
import { unpackBytes } from './columns.ts'
import { type Db, dayPath, listDays, openDayForWriting, recordsDir } from './day-file.ts'
import { buildFilter } from './terms.ts'

/** An unsealed block of at least this many rows is left alone until its day's unsealed rows fill a block. */
const restingRows = 256
/** So many smaller unsealed blocks are merged into one. */
const mergeBlocks = 32

/** A hit on the way to the store: `row` is the record's place in its batch; the record has no id yet. */
export type BatchHit = { readonly row: number; readonly ruleIds: readonly string[]; readonly record: RecordJson }

/** What one intake thread hands over at a time; all of one receive day. The block's arrays are transferred. */
export type Batch = { readonly day: string; readonly block: EncodedBlock; readonly hits: readonly BatchHit[] }

/** What one round of the writer made durable. */
export type Committed = {
  /** How many of the batches: the first ones, as far as they belong to one day. */
  readonly batches: number
  readonly day: string
  readonly lastSeq: number
  readonly records: number
  readonly hits: number
  readonly bytes: number
}

export type Appender = {
  /** Stores the first batch, and those behind it that belong to the same day, in one transaction; returns what was
   *  stored. Throws SQLite's error with nothing stored. */
  append(batches: readonly Batch[]): Committed
  /** Merges small blocks when there are enough of them; true when it did something. */
  merge(): boolean
  /** Unlinks the files of days before `day` (YYYYMMDD), never the one being written; returns the days. */
  removeDaysBefore(day: string): readonly string[]
  close(): void
}

type OpenDay = { readonly day: string; readonly db: Db; readonly statements: Statements }

/** Opens the folder for writing. The caller holds the folder's lock. */
export function openAppender(dataDir: string): Appender {
  let current: OpenDay | undefined
  let { newestDay, nextSeq } = findEnd(dataDir)
  const mergeBuilder = new BlockBuilder(2 * rowsPerBlock)

  function dayFor(day: string): OpenDay {
    // a clock that went back does not open an old day again: days are in the order of their sequence numbers
    const wanted = day < newestDay ? newestDay : day
    if (current?.day === wanted) return current
    if (current !== undefined) closeDay(current)
    current = undefined
    const db = openDayForWriting(dataDir, wanted)
    try {
      syncFolder(recordsDir(dataDir))
    } catch (error) {
      db.close()
      throw error
    }
    newestDay = wanted
    current = { day: wanted, db, statements: prepare(db) }
    return current
  }

  function closeDay(open: OpenDay): void {
    try {
      while (mergeUnsealed(open, { over: true }));
      open.db.pragma('wal_checkpoint(TRUNCATE)')
    } catch {
      // its records are stored all the same: they are searched without an index, and the new day must not wait
    } finally {
      open.db.close()
    }
  }

  /** Merges one run of neighbouring unsealed blocks; true when it did. A run that sealed blocks follow cannot grow any
   *  more and is sealed as it is, like every run when the day is `over`. */
  function mergeUnsealed(open: OpenDay, { over }: { over: boolean }): boolean {
    const { statements, db } = open
    let rows = 0
    const run = firstRun(statements.unsealed.all() as UnsealedRow[])
    const full = run.findIndex(block => (rows += block.count) >= rowsPerBlock)
    const isFull = full >= 0
    if (isFull) run.length = full + 1
    const last = run.at(-1)
    if (last === undefined) return false
    const seals = over || isFull || last.first_seq + last.count < nextSeq
    const chosen = seals ? run : run.slice(run.findLastIndex(block => block.count >= restingRows) + 1)
    if (!seals && chosen.length < mergeBlocks) return false
    const [first] = chosen
    if (first === undefined) return false
    mergeBuilder.clear() // what a merge that failed left there
    let taken = 0
    // large records fill a block long before its rows are counted
    for (; taken < chosen.length && !mergeBuilder.isFull; taken++) {
      const block = chosen[taken] as UnsealedRow
      const read = (id: number): Buffer => readColumn(statements, block.first_seq, id)
      const view = openBlock(block.first_seq, block.count, read)
      for (let i = 0; i < block.count; i++) mergeBuilder.appendRow(view.row(i))
      mergeBuilder.terms.merge(unpackBytes(read(column.words)).toString(), hashPairs(read(column.filterTerms)))
    }
    const merged = mergeBuilder.encode()
    db.transaction(() => {
      for (const block of chosen.slice(0, taken)) {
        statements.removeBlock.run(block.first_seq)
        statements.removeColumns.run(block.first_seq * 16, block.first_seq * 16 + 15)
      }
      insertBlock(statements, first.first_seq, merged, { sealed: seals || merged.full })
    })()
    return true
  }

  return {
    append(batches) {
      const open = dayFor(batches[0]?.day ?? '')
      const later = batches.findIndex(batch => batch.day > open.day)
      const group = later < 0 ? batches : batches.slice(0, later)
      let seq = nextSeq
      let hits = 0
      let bytes = 0
      open.db.transaction(() => {
        for (const { block, hits: batchHits } of group) {
          insertBlock(open.statements, seq, block, { sealed: block.full })
          for (const { row, ruleIds, record } of batchHits)
            open.statements.insertHit.run(seq + row, JSON.stringify(ruleIds), JSON.stringify(record))
          seq += block.count
          hits += batchHits.length
          for (const data of block.columns) bytes += data.length
        }
      })()
      const records = seq - nextSeq
      nextSeq = seq
      return { batches: group.length, day: open.day, lastSeq: seq - 1, records, hits, bytes }
    },
    merge() {
      return current !== undefined && mergeUnsealed(current, { over: false })
    },
    removeDaysBefore(day) {
      const old = listDays(dataDir).filter(d => d < day && d !== current?.day)
      // the file itself last: a removal that was cut short is seen and done again
      for (const d of old)
        for (const suffix of ['-wal', '-shm', '']) rmSync(dayPath(dataDir, d) + suffix, { force: true })
      if (old.length > 0) syncFolder(recordsDir(dataDir))
      return old
    },
    close() {
      if (current === undefined) return
      current.db.pragma('wal_checkpoint(TRUNCATE)')
      current.db.close()
      current = undefined
    },
  }
}

type Statements = ReturnType<typeof prepare>
type UnsealedRow = { readonly first_seq: number; readonly count: number }

function prepare(db: Db) {
  return {
    insertBlock: db.prepare(
      'INSERT INTO block(first_seq, count, sealed, min_received, max_received, summary) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    insertColumn: db.prepare('INSERT INTO column_data(id, data) VALUES (?, ?)'),
    insertFilter: db.prepare('INSERT INTO term_filter(first_seq, filter) VALUES (?, ?)'),
    insertWords: db.prepare('INSERT INTO term(rowid, words) VALUES (?, ?)'),
    insertHit: db.prepare('INSERT INTO hit(seq, rules, record) VALUES (?, ?, ?)'),
    unsealed: db.prepare('SELECT first_seq, count FROM block WHERE sealed = 0 ORDER BY first_seq'),
    column: db.prepare('SELECT data FROM column_data WHERE id = ?').pluck(),
    removeBlock: db.prepare('DELETE FROM block WHERE first_seq = ?'),
    removeColumns: db.prepare('DELETE FROM column_data WHERE id BETWEEN ? AND ?'),
  }
}

function insertBlock(
  statements: Statements,
  firstSeq: number,
  block: EncodedBlock,
  { sealed }: { sealed: boolean },
): void {
  statements.insertBlock.run(
    firstSeq,
    block.count,
    sealed ? 1 : 0,
    block.minReceived,
    block.maxReceived,
    asBuffer(block.summary),
  )
  for (let id = 0; id < columnCount; id++) {
    if (sealed && (id === column.words || id === column.filterTerms)) continue
    statements.insertColumn.run(firstSeq * 16 + id, asBuffer(block.columns[id] as Uint8Array))
  }
  if (!sealed) return
  statements.insertWords.run(firstSeq, block.words)
  statements.insertFilter.run(firstSeq, asBuffer(buildFilter(block.filterTerms)))
}

/** The unsealed blocks from the first one on, as far as they follow each other without a sealed one between. */
function firstRun(unsealed: readonly UnsealedRow[]): UnsealedRow[] {
  const gap = unsealed.findIndex((block, i) => {
    const before = unsealed[i - 1]
    return before !== undefined && before.first_seq + before.count !== block.first_seq
  })
  return unsealed.slice(0, gap < 0 ? unsealed.length : gap)
}

function readColumn(statements: Statements, firstSeq: number, id: number): Buffer {
  return statements.column.get(firstSeq * 16 + id) as Buffer
}

/** The filter terms column as pairs of 32-bit hashes (copied: a blob's bytes need not be aligned). */
function hashPairs(data: Buffer): Int32Array {
  return new Int32Array(Uint8Array.from(data).buffer)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The newest day that holds records, and the sequence number behind its last one. */
function findEnd(dataDir: string): { newestDay: string; nextSeq: number } {
  for (const day of listDays(dataDir).toReversed()) {
    const db = openDayForWriting(dataDir, day)
    try {
      const next = db.prepare('SELECT max(first_seq + count) FROM block').pluck().get() as number | null
      if (next !== null) return { newestDay: day, nextSeq: next }
    } finally {
      db.close()
    }
  }
  return { newestDay: '', nextSeq: 1 }
}

/** Makes a new or removed file's directory entry durable. */
function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
