// Where the store ends: the newest day, the next sequence number, the chain's newest link. A newest day that is too damaged
// to be written to is set aside; what follows gets numbers that none of its records has.

import { columnCount } from './block.ts'
import { isBrokenFile, isDamage } from './damage.ts'
import { type Db, listDamaged, listDays, openDayForReading, openDayForWriting } from './day-file.ts'
import { type ChainEvent, type ChainHead, chainBegin, headOf, prepareChain } from './integrity/chain.ts'
import type { HighWater } from './integrity/high-water.ts'
import { finishSettingAside, type SetAside, setAside } from './set-aside.ts'

export type Missing = Extract<ChainEvent, { kind: 'missing' }>

export type End = {
  /** Empty when there is none. */
  readonly newestDay: string
  readonly nextSeq: number
  readonly head: ChainHead
  /** What was stored once and is not there any more. */
  readonly missing: Missing | undefined
  readonly aside: SetAside | undefined
}

/** What a file, or the whole store, is known to have used. */
type Used = { readonly nextSeq: number; readonly head: ChainHead }

/** ack.hwm is this far behind at most: it is written once a second, or after a commit that took longer. */
const seqsBehindMark = 10_000_000
const linksBehindMark = 1_000_000
/** More than one day can have received. */
const seqsOfDay = 10_000_000_000
/** Beyond this a number is damage. */
const maxSeq = 1_000_000_000_000

/** The caller holds the folder's lock. `mark` is what ack.hwm says. Errors: DATA_UNREADABLE, SQLite's. */
export function findEnd(dataDir: string, mark: HighWater | undefined, now: number): End {
  finishSettingAside(dataDir)
  const days = listDays(dataDir).toReversed()
  const broken: string[] = []
  let aside: SetAside | undefined
  let end: Used = { nextSeq: 1, head: chainBegin }
  let lastDay = ''
  for (const day of days) {
    try {
      const found = endOfDay(dataDir, day, { isNewest: day === days[0] })
      if (found === undefined) continue
      end = found
      lastDay = day
      break
    } catch (error) {
      if (!isBrokenFile(error)) throw error
      if (day === days[0]) aside = setAside(dataDir, day, (error as Error).message, now)
      else broken.push(day)
    }
  }
  // also those of a start that was killed before it wrote anything
  broken.push(...listDamaged(dataDir).filter(name => name.slice(0, 8) > lastDay))
  const lost = [
    ...(mark === undefined ? [] : [usedUpTo(mark)]),
    ...broken.map(name => usedIn(dataDir, name, mark)),
  ].filter(({ head }) => head.n > end.head.n)
  if (lost.length === 0) return { newestDay: lastDay, ...end, missing: undefined, aside }
  // what is lost keeps its numbers: they are in mails, alerts and checkpoints
  const nextSeq = Math.max(end.nextSeq, ...lost.map(used => used.nextSeq))
  const { head } = lost.reduce((a, b) => (b.head.n > a.head.n ? b : a))
  const newestDay = [lastDay, ...broken.map(name => name.slice(0, 8))].toSorted().at(-1) ?? ''
  const missing: Missing = { kind: 'missing', firstSeq: end.nextSeq, lastSeq: nextSeq - 1, n: end.head.n }
  return { newestDay, nextSeq, head, missing, aside }
}

function usedUpTo(mark: HighWater): Used {
  return { nextSeq: mark.seq + 1, head: { n: mark.n, hash: mark.hash } }
}

/** Undefined when the day holds nothing. */
function endOfDay(dataDir: string, day: string, { isNewest }: { readonly isNewest: boolean }): Used | undefined {
  const db = openDayForWriting(dataDir, day)
  try {
    // the chain too: what is cut off from the blocks must not have its numbers given away again
    const next = db
      .prepare(
        'SELECT max(next) FROM (SELECT max(first_seq + count) AS next FROM block UNION SELECT max(first_seq + count) FROM batch)',
      )
      .pluck()
      .get() as number | null
    const head = headOf(prepareChain(db)) ?? chainBegin
    if (isNewest) tryToWrite(db, next ?? 1, head.n + 1)
    return next === null ? undefined : { nextSeq: next, head }
  } finally {
    db.close()
  }
}

/** Inserts what a batch would, and takes it back: a damaged page that is in the way of every batch is met now. */
function tryToWrite(db: Db, seq: number, n: number): void {
  try {
    db.prepare('BEGIN IMMEDIATE').run()
    db.prepare("INSERT INTO block VALUES (?, 1, 0, 0, 0, x'')").run(seq)
    const insert = db.prepare('INSERT INTO column_data VALUES (?, zeroblob(20000))')
    for (let id = 0; id < columnCount; id++) insert.run(seq * 16 + id)
    db.prepare("INSERT INTO hit(seq, rules, record) VALUES (?, '[]', '')").run(seq)
    db.prepare("INSERT INTO batch VALUES (?, ?, 0, 0, x'', x'', x'')").run(n, seq)
    db.prepare("INSERT INTO event VALUES (?, '')").run(n)
  } catch (error) {
    // whatever else keeps it from being written is told by the first batch
    if (isBrokenFile(error)) throw error
  } finally {
    if (db.inTransaction) db.prepare('ROLLBACK').run()
  }
}

/** What a damaged file used, as far as it tells; where it does not, more than it can have used. */
function usedIn(dataDir: string, day: string, mark: HighWater | undefined): Used {
  let db: Db | undefined
  try {
    db = openDayForReading(dataDir, day)
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  const blockEnd = readOf<number>(db, 'SELECT first_seq + count FROM block ORDER BY first_seq DESC LIMIT 1')
  const batchEnd = readOf<number>(db, 'SELECT first_seq + count FROM batch ORDER BY n DESC LIMIT 1')
  const n = readOf<number>(db, 'SELECT n FROM batch ORDER BY n DESC LIMIT 1')
  const hash = readOf<Buffer>(db, 'SELECT chain FROM batch ORDER BY n DESC LIMIT 1')
  db?.close()
  const seqs = [blockEnd, batchEnd].filter(seq => seq !== undefined && seq < maxSeq) as number[]
  const marked = mark === undefined ? { nextSeq: 1, head: chainBegin } : usedUpTo(mark)
  const isToldAll = batchEnd !== undefined && batchEnd < maxSeq && n !== undefined && n < maxSeq
  if (isToldAll && hash !== undefined) return { nextSeq: Math.max(...seqs), head: { n, hash } }
  return {
    nextSeq: Math.max(marked.nextSeq, ...seqs) + (mark === undefined ? seqsOfDay : seqsBehindMark),
    head: { n: marked.head.n + linksBehindMark, hash: marked.head.hash },
  }
}

/** The only value of the only row; undefined when it cannot be read. */
function readOf<T>(db: Db | undefined, sql: string): T | undefined {
  try {
    return db?.prepare(sql).pluck().get() as T | undefined
  } catch (error) {
    if (!isDamage(error) && !(error as Error).message.startsWith('no such table')) throw error
    return undefined
  }
}
