// Writes batches into the day files: one transaction per round, durable when it returns. Small blocks are merged into
// bigger ones until a full one is sealed and indexed. Synchronous; it runs in the writer thread.
import { rmSync } from 'node:fs'
import { faultPoint } from '../../base/fault-point.ts'
import { dayOf } from '../../model/row.ts'
import type { SourceCounts } from '../../model/source.ts'
import { type BatchBlock, column, columnCount, type EncodedBlock, rowsPerBlock } from './block.ts'
import { BlockBuilder } from './block-builder.ts'
import { openBlock } from './block-view.ts'
import { unpackBytes } from './columns.ts'
import { isBrokenFile } from './damage.ts'
import {
  type Db,
  dayPath,
  listDamaged,
  listDays,
  openDayForReading,
  openDayForWriting,
  recordsDir,
} from './day-file.ts'
import { findEnd, type Missing } from './end.ts'
import {
  addEvent,
  addLink,
  type ChainEvent,
  type ChainHead,
  headOf,
  mergeHeartbeats,
  mergeLinks,
  noDigest,
  prepareChain,
  type RemovalReason,
} from './integrity/chain.ts'
import { loadHighWater, openHighWater } from './integrity/high-water.ts'
import { writeManifests } from './integrity/manifest.ts'
import { advanceRatchet, loadRatchet, makeSeal, type Seal, type SealKey } from './integrity/ratchet.ts'
import { leaveWal } from './read-only.ts'
import { checkReopened, isDiskFailure } from './reopen.ts'
import type { SetAside } from './set-aside.ts'
import { syncFolder } from './sync-folder.ts'
import { buildFilter } from './terms.ts'

/** An unsealed block of at least this many rows is left alone until its day's unsealed rows fill a block. */
const restingRows = 256
/** So many smaller unsealed blocks are merged into one. */
const mergeBlocks = 32

/** A hit on the way to the store: `row` is the record's place in its batch. */
export type BatchHit = { readonly row: number; readonly ruleIds: readonly string[] }

/** What one intake thread hands over at a time; all of one receive day. The block's arrays are transferred. */
export type Batch = { readonly day: string; readonly block: BatchBlock; readonly hits: readonly BatchHit[] }

/** What one round of the writer made durable. */
export type Committed = {
  /** How many of the batches: the first ones, as far as they belong to one day. */
  readonly batches: number
  readonly day: string
  readonly lastSeq: number
  readonly records: number
  readonly hits: number
  readonly bytes: number
  /** Who sent them, batch by batch; `firstSeq` is the number of the batch's first record. */
  readonly sources: readonly CommittedSources[]
}

type CommittedSources = { readonly firstSeq: number; readonly counts: SourceCounts }

export type Appender = {
  /** What was stored once and is not there any more, noticed just now; noted in the chain. */
  readonly missing: Missing | undefined
  /** The newest day's file, when it was too damaged to be written to. */
  readonly aside: SetAside | undefined
  /** Stores the first batch, and those behind it that belong to the same day, in one transaction; returns what was
   *  stored. Throws SQLite's error; then the next call must begin with the same batches. After a failure of the disk that
   *  call opens the file anew and looks first: what is stored after all is not stored again. */
  append(batches: readonly Batch[]): Committed
  /** Adds a link without records to the chain, so that a tail that was cut off shows. Nothing before the first record. */
  heartbeat(): void
  /** Authenticates the chain up to here, when the store is sealed by a key (`picket seal`). For every few minutes; `close`
   *  does it too. */
  seal(): void
  /** Notes in ack.hwm how far the store is. For once a second; `close` does it too. */
  saveHighWater(): void
  /** Merges small blocks when there are enough of them; true when it did something. */
  merge(): boolean
  /** Notes in the chain that the days before `day` (YYYYMMDD) go and why, and unlinks their files, never the one being
   *  written; returns the days. */
  removeDaysBefore(day: string, reason: RemovalReason): readonly string[]
  /** Makes the days that are over readable from read-only media, as far as nobody has them open; `close` does it too. */
  restDays(): void
  close(): void
}

/** `head` is the newest link in this file, when it has one. */
type OpenDay = { readonly day: string; readonly db: Db; readonly statements: Statements; head: ChainHead | undefined }

/** What a transaction would have made of the store. */
type Attempt = { readonly head: ChainHead; readonly nextSeq: number; readonly committed?: Committed }

/** Opens the folder for writing. The caller holds the folder's lock. `now` is the time that the chain's links tell. */
export function openAppender(dataDir: string, now: () => number = Date.now): Appender {
  let current: OpenDay | undefined
  const mark = loadHighWater(dataDir)
  const { missing, aside, ...end } = findEnd(dataDir, mark, now())
  let { newestDay, nextSeq, head } = end
  const highWater = openHighWater(dataDir)
  let saved = mark?.n ?? 0
  /** The link that holds the newest seal of this run. */
  let sealed = 0
  const mergeBuilder = new BlockBuilder()
  /** The disk failed under this connection, perhaps in the middle of this attempt. */
  let suspect: { readonly attempt: Attempt | undefined } | undefined
  /** Stored by an attempt that had failed, as the reopened file showed. */
  let storedAfterAll: Committed | undefined

  function dayFor(day: string): OpenDay {
    if (suspect !== undefined) reopen(suspect.attempt)
    // a clock that went back does not open an old day again: days are in the order of their sequence numbers
    const wanted = day < newestDay ? newestDay : day
    if (current?.day === wanted) return current
    if (current !== undefined) closeDay(current)
    current = undefined
    const db = openDayForWriting(dataDir, wanted)
    try {
      faultPoint('dayroll-new-file-created')
      syncFolder(recordsDir(dataDir))
      faultPoint('dayroll-dir-synced')
    } catch (error) {
      db.close()
      throw error
    }
    newestDay = wanted
    signDaysBefore(wanted)
    current = openDay(wanted, db)
    return current
  }

  function openDay(day: string, db: Db): OpenDay {
    const statements = prepare(db)
    return { day, db, statements, head: headOf(statements.chain) }
  }

  /** One transaction in the open day. `attempt` is asked for when it failed. */
  function transact(open: OpenDay, step: () => void, attempt?: () => Attempt | undefined): void {
    try {
      open.db.transaction(step)()
    } catch (error) {
      if (isDiskFailure(error)) suspect = { attempt: attempt?.() }
      throw error
    }
  }

  /**
   * Goes on after a failure of the disk. After a failed fsync the kernel may drop what was written, or keep it: the
   * connection, which believes to know, is given up, and the file is compared with memory.
   */
  function reopen(attempt: Attempt | undefined): void {
    const old = current
    if (old === undefined) {
      suspect = undefined
      return
    }
    old.db.close()
    const db = openDayForWriting(dataDir, old.day)
    try {
      const open = openDay(old.day, db)
      const isStored = attempt !== undefined && open.head?.hash.equals(attempt.head.hash) === true
      checkReopened(dataDir, old.day, db, isStored ? attempt.head : old.head)
      faultPoint('reopened')
      current = open
      if (isStored) {
        head = attempt.head
        nextSeq = attempt.nextSeq
        storedAfterAll = attempt.committed
      }
      suspect = undefined
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** A manifest that cannot be written now is written at the next start or day. */
  function signDaysBefore(day: string): void {
    try {
      writeManifests(dataDir, day)
    } catch {
      // records are not kept waiting for it; `picket verify` names days without one
    }
  }

  function closeDay(open: OpenDay): void {
    try {
      while (mergeUnsealed(open, { over: true }));
      open.db.transaction(() => mergeHeartbeats(open.statements.chain))()
      checkpoint(open)
    } catch {
      // its records are stored all the same: they are searched without an index, and the new day must not wait
    } finally {
      open.db.close()
    }
    leaveWal(dayPath(dataDir, open.day))
    faultPoint('dayroll-old-closed')
  }

  /** Makes the files that are not written to readable from read-only media; one that somebody has open, another time. */
  function restDays(): void {
    for (const day of listDays(dataDir)) if (day !== current?.day) leaveWal(dayPath(dataDir, day))
  }

  function checkpoint(open: OpenDay): void {
    faultPoint('checkpoint-begin')
    open.db.pragma('wal_checkpoint(TRUNCATE)')
    faultPoint('checkpoint-end')
  }

  /** Merges one run of neighbouring unsealed blocks; true when it did. A run that sealed blocks follow cannot grow any
   *  more and is sealed as it is, like every run when the day is `over`. */
  function mergeUnsealed(open: OpenDay, { over }: { over: boolean }): boolean {
    const { statements } = open
    let rows = 0
    const run = firstRun(statements.unsealed.all() as UnsealedRow[], statements.chainFrom.get() as number | undefined)
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
    faultPoint('merge-begin')
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
    const merged = mergeBuilder.encodeMerged()
    transact(open, () => {
      for (const block of chosen.slice(0, taken)) {
        statements.removeBlock.run(block.first_seq)
        statements.removeColumns.run(block.first_seq * 16, block.first_seq * 16 + 15)
      }
      insertBlock(statements, first.first_seq, merged, { sealed: seals || merged.full })
      mergeLinks(statements.chain, first.first_seq, first.first_seq + merged.count)
      faultPoint('merge-before-commit')
    })
    return true
  }

  /** Adds a link without records to the day's file. */
  function note(day: string, event?: ChainEvent): void {
    const open = dayFor(day)
    const at = { firstSeq: nextSeq, at: now() }
    let noted = head
    transact(
      open,
      () => {
        noted =
          event === undefined
            ? addLink(open.statements.chain, head, { ...at, count: 0, digest: noDigest })
            : addEvent(open.statements.chain, head, event, at)
      },
      () => ({ head: noted, nextSeq }),
    )
    open.head = head = noted
  }

  function noteMissing(day: string, event: Missing): void {
    const { db, statements } = dayFor(day)
    // alerting may have seen hits that are lost now; a hit's number is never above its record's
    db.transaction(() => {
      statements.forgetHitNumber.run()
      statements.setHitNumber.run(nextSeq - 1)
    })()
    note(day, event)
  }

  /** The seal is stored before its key is wiped: after a crash in between, it is found and the key not used again. */
  function seal(): void {
    const key = newestDay === '' ? undefined : loadRatchet(dataDir)
    if (key === undefined || head.n === sealed) return
    if (isUsed(dataDir, key)) advanceRatchet(dataDir)
    else {
      note(dayOf(now()), makeSeal(key, head.hash))
      sealed = head.n
      advanceRatchet(dataDir)
    }
  }

  function tryToNote(day: string, event: ChainEvent): boolean {
    try {
      note(day, event)
      return true
    } catch {
      return false
    }
  }

  /** Notes how far the store is, outside of it. */
  function saveHighWater(): void {
    if (head.n === saved) return
    highWater.save({ ...head, seq: nextSeq - 1, at: now() })
    saved = head.n
  }

  if (missing !== undefined) noteMissing(newestDay === '' ? dayOf(now()) : newestDay, missing)
  return {
    missing,
    aside,
    append(batches) {
      const open = dayFor(batches[0]?.day ?? '')
      const later = batches.findIndex(batch => batch.day > open.day)
      const group = later < 0 ? batches : batches.slice(0, later)
      if (storedAfterAll !== undefined) {
        const stored = storedAfterAll
        storedAfterAll = undefined
        return stored
      }
      let seq = nextSeq
      let hits = 0
      let bytes = 0
      let end = head
      const at = now()
      const committed = (): Committed => ({
        batches: group.length,
        day: open.day,
        lastSeq: seq - 1,
        records: seq - nextSeq,
        hits,
        bytes,
        sources: sourcesOf(group, nextSeq),
      })
      const store = (): void => {
        faultPoint('batch-begin')
        for (const { block, hits: batchHits } of group) {
          insertBlock(open.statements, seq, block, { sealed: block.full })
          end = addLink(open.statements.chain, end, { firstSeq: seq, count: block.count, at, digest: block.digest })
          faultPoint('chain-row-inserted')
          for (const { row, ruleIds } of batchHits) open.statements.insertHit.run(seq + row, JSON.stringify(ruleIds))
          seq += block.count
          hits += batchHits.length
          for (const data of block.columns) bytes += data.length
        }
        faultPoint('before-commit')
      }
      transact(open, store, () => ({ head: end, nextSeq: seq, committed: committed() }))
      const stored = committed()
      nextSeq = seq
      open.head = head = end
      return stored
    },
    merge() {
      return current !== undefined && suspect === undefined && mergeUnsealed(current, { over: false })
    },
    heartbeat() {
      if (newestDay !== '') note(dayOf(now()))
    },
    removeDaysBefore(day, reason) {
      const old = listDays(dataDir).filter(d => d < day && d !== current?.day)
      const last = old.at(-1)
      if (last === undefined) return []
      // the chain goes on in a file that stays
      const stays = newestDay > last ? newestDay : dayOf(now())
      if (stays <= last) return []
      const end = headOfDay(dataDir, last)
      const event: ChainEvent | undefined = end && {
        kind: 'retention',
        reason,
        days: old,
        n: end.n,
        hash: end.hash.toString('hex'),
      }
      const isNoted = event !== undefined && tryToNote(stays, event)
      faultPoint('retention-tombstone-committed')
      // the file itself last: a removal that was cut short is seen and done again
      const damaged = listDamaged(dataDir).filter(name => name < day)
      for (const d of [...damaged, ...old])
        for (const suffix of ['-wal', '-shm', '']) rmSync(dayPath(dataDir, d) + suffix, { force: true })
      faultPoint('retention-unlinked')
      syncFolder(recordsDir(dataDir))
      // a full disk has room now
      if (event !== undefined && !isNoted) note(stays, event)
      return old
    },
    seal,
    saveHighWater,
    restDays,
    close() {
      try {
        seal()
      } catch {
        // the next start seals
      }
      try {
        saveHighWater()
        if (current !== undefined && suspect === undefined) checkpoint(current)
      } catch {
        // what is stored is stored; the next start reads the write-ahead log
      }
      highWater.close()
      current?.db.close()
      current = undefined
      // a disk that failed just now is left alone
      if (suspect === undefined) restDays()
    },
  }
}

function sourcesOf(group: readonly Batch[], nextSeq: number): readonly CommittedSources[] {
  let firstSeq = nextSeq
  return group.map(({ block }) => {
    const sources = { firstSeq, counts: block.sources }
    firstSeq += block.count
    return sources
  })
}

type Statements = ReturnType<typeof prepare>
type UnsealedRow = { readonly first_seq: number; readonly count: number }

function prepare(db: Db) {
  return {
    chain: prepareChain(db),
    insertBlock: db.prepare(
      'INSERT INTO block(first_seq, count, sealed, min_received, max_received, summary) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    insertColumn: db.prepare('INSERT INTO column_data(id, data) VALUES (?, ?)'),
    insertFilter: db.prepare('INSERT INTO term_filter(first_seq, filter) VALUES (?, ?)'),
    insertWords: db.prepare('INSERT INTO term(rowid, words) VALUES (?, ?)'),
    insertHit: db.prepare("INSERT INTO hit(seq, rules, record) VALUES (?, ?, '')"),
    forgetHitNumber: db.prepare("DELETE FROM sqlite_sequence WHERE name = 'hit'"),
    setHitNumber: db.prepare("INSERT INTO sqlite_sequence(name, seq) VALUES ('hit', ?)"),
    unsealed: db.prepare('SELECT first_seq, count FROM block WHERE sealed = 0 ORDER BY first_seq'),
    column: db.prepare('SELECT data FROM column_data WHERE id = ?').pluck(),
    chainFrom: db.prepare('SELECT first_seq FROM batch ORDER BY n LIMIT 1').pluck(),
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
  faultPoint('rows-inserted')
  if (!sealed) return
  statements.insertWords.run(firstSeq, block.words)
  faultPoint('fts-inserted')
  statements.insertFilter.run(firstSeq, asBuffer(buildFilter(block.filterTerms)))
}

/** The unsealed blocks from the first one on, as far as they follow each other without a sealed one between. What was
 *  stored before there was a chain stays apart from what a link accounts for. */
function firstRun(unsealed: readonly UnsealedRow[], chainFrom: number | undefined): UnsealedRow[] {
  const gap = unsealed.findIndex((block, i) => {
    const before = unsealed[i - 1]
    if (before === undefined) return false
    return before.first_seq + before.count !== block.first_seq || block.first_seq === chainFrom
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

/** True when the chain has a seal with this key. */
function isUsed(dataDir: string, { series, epoch }: SealKey): boolean {
  for (const day of listDays(dataDir).toReversed()) {
    let db: Db | undefined
    try {
      db = openDayForReading(dataDir, day)
      if (db === undefined) continue
      if ((db.pragma('user_version', { simple: true }) as number) < 2) return false // from before the chain
      const body = prepareChain(db).lastSeal.get() as string | undefined
      if (body === undefined) continue
      const last = JSON.parse(body) as Seal
      return last.series === series && last.epoch >= epoch
    } catch (error) {
      if (!isBrokenFile(error)) throw error
    } finally {
      db?.close()
    }
  }
  return false
}

/** The last link of a day that is not being written; undefined when the file is damaged: it goes all the same. */
function headOfDay(dataDir: string, day: string): ChainHead | undefined {
  let db: Db | undefined
  try {
    db = openDayForWriting(dataDir, day)
    return headOf(prepareChain(db))
  } catch (error) {
    if (isBrokenFile(error)) return undefined
    throw error
  } finally {
    db?.close()
  }
}
