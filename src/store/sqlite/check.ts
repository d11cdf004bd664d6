// Is a stored file whole? SQLite's own check, and what it cannot see: every block with all its columns, every sealed block
// in the index. Used by `picket backup`, `picket restore` and `picket doctor`.

import { column, columnCount } from './block.ts'
import { openBlock } from './block-view.ts'
import { unpackBytes } from './columns.ts'
import type { Db } from './day-file.ts'

/** What a day file holds, and what is wrong with it. Times in ms since 1970 UTC. */
export type DayCheck = {
  /** One sentence each; empty when the file is whole. */
  readonly problems: readonly string[]
  readonly records: number
  readonly hits: number
  /** 0 when the day holds no record. */
  readonly firstSeq: number
  readonly lastSeq: number
  readonly from?: number
  readonly to?: number
}

/** A damaged file may have a problem per page; so many say enough. */
const maxProblems = 20

/**
 * Checks a day file. `PRAGMA integrity_check` includes FTS5's own check of the index structure; the index is
 * contentless, so rank 1 has nothing to compare with and finds no more (measured with SQLite 3.54.1). Missing rows of the
 * index are found here, by the blocks that it names. A changed byte in a column is found as far as it breaks the
 * column's compression or form.
 *
 * @param db a connection of openDayForReading; its `query_only` is switched off, because a temporary table is needed
 * @param options `deep` also unpacks every column of every block
 */
export function checkDay(db: Db, { deep }: { readonly deep: boolean }): DayCheck {
  const problems: string[] = []
  let summary: Omit<DayCheck, 'problems'> = { records: 0, hits: 0, firstSeq: 0, lastSeq: 0 }
  const steps: readonly (() => void)[] = [
    () => problems.push(...integrity(db)),
    () => {
      summary = summariseDay(db)
    },
    () => problems.push(...brokenBlocks(db, deep)),
    () => problems.push(...missingInIndex(db)),
  ]
  for (const step of steps) attempt(step, problems)
  return { problems: problems.slice(0, maxProblems), ...summary }
}

/** Counts and bounds of a day file, without checking it. Throws SQLite's error when it is damaged. */
export function summariseDay(db: Db): Omit<DayCheck, 'problems'> {
  const { records, first, last, from, to } = db
    .prepare(
      'SELECT sum(count) AS records, min(first_seq) AS first, max(first_seq + count - 1) AS last, min(min_received) AS "from", max(max_received) AS "to" FROM block',
    )
    .get() as { records: number | null; first: number | null; last: number | null; from: number; to: number }
  const hits = db.prepare('SELECT count(*) FROM hit').pluck().get() as number
  if (records === null || first === null || last === null) return { records: 0, hits, firstSeq: 0, lastSeq: 0 }
  return { records, hits, firstSeq: first, lastSeq: last, from, to }
}

/** What is wrong with picket.db, or any database without rules of its own; one sentence each. */
export function checkState(db: Db): readonly string[] {
  const problems: string[] = []
  attempt(() => problems.push(...integrity(db)), problems)
  attempt(() => {
    const orphans = (db.pragma('foreign_key_check') as readonly unknown[]).length
    if (orphans > 0) problems.push(`${orphans} rows name an account or alert that does not exist`)
    if (Number(db.pragma('user_version', { simple: true })) === 0) problems.push('it has no tables of Picket')
  }, problems)
  return problems
}

/** What picket.db holds, without changing or migrating it. Throws SQLite's error when it is damaged. */
export function summariseState(db: Db): { readonly accounts: number; readonly failedMails: number } {
  return db
    .prepare(
      "SELECT (SELECT count(*) FROM users) AS accounts, (SELECT count(*) FROM outbox WHERE state = 'failed') AS failedMails",
    )
    .get() as { accounts: number; failedMails: number }
}

/** Runs a step; what SQLite or the decompression throws is a problem of the file. */
function attempt(step: () => void, problems: string[]): void {
  try {
    step()
  } catch (error) {
    problems.push((error as Error).message)
  }
}

function integrity(db: Db): readonly string[] {
  const rows = db.pragma(`integrity_check(${maxProblems})`) as readonly { readonly integrity_check: string }[]
  return rows.map(row => row.integrity_check).filter(text => text !== 'ok')
}

type BlockRow = { readonly first_seq: number; readonly count: number; readonly sealed: number }

function brokenBlocks(db: Db, deep: boolean): readonly string[] {
  const problems: string[] = []
  const blocks = db.prepare('SELECT first_seq, count, sealed FROM block ORDER BY first_seq').all() as BlockRow[]
  const columnIds = db.prepare('SELECT id & 15 FROM column_data WHERE id BETWEEN ? AND ?').pluck()
  const columnOf = db.prepare('SELECT data FROM column_data WHERE id = ?').pluck()
  const hasFilter = db.prepare('SELECT 1 FROM term_filter WHERE first_seq = ?').pluck()
  let next = blocks[0]?.first_seq ?? 0
  for (const { first_seq, count, sealed } of blocks) {
    // numbers may be missing: what was lost in a crash keeps its own, and `picket verify` accounts for it
    if (first_seq < next) problems.push(`records ${first_seq} to ${next - 1} stand there twice`)
    next = first_seq + count
    const present = new Set(columnIds.all(first_seq * 16, first_seq * 16 + 15) as number[])
    for (let id = 0; id < columnCount; id++) {
      if (sealed === 1 && (id === column.words || id === column.filterTerms)) continue
      if (!present.has(id)) problems.push(`block ${first_seq} lacks column ${id}`)
    }
    if (sealed === 1 && hasFilter.get(first_seq) === undefined)
      problems.push(`block ${first_seq} lacks its term filter`)
    if (deep) {
      const found = unpackProblem(first_seq, count, id => columnOf.get(first_seq * 16 + id) as Buffer)
      if (found !== undefined) problems.push(found)
    }
    if (problems.length >= maxProblems) break
  }
  return problems
}

/** The first and the last row together unpack every column. */
function unpackProblem(firstSeq: number, count: number, read: (column: number) => Buffer): string | undefined {
  try {
    const view = openBlock(firstSeq, count, read)
    for (const i of [0, count - 1]) view.row(i)
    return undefined
  } catch (error) {
    return `block ${firstSeq} cannot be unpacked: ${(error as Error).message}`
  }
}

/** Sealed blocks that searches for a word would pass over. */
function missingInIndex(db: Db): readonly string[] {
  db.pragma('query_only = OFF')
  db.exec('CREATE VIRTUAL TABLE IF NOT EXISTS temp.term_instance USING fts5vocab(main, term, instance)')
  const indexed = new Set(db.prepare('SELECT DISTINCT doc FROM temp.term_instance').pluck().all() as number[])
  db.exec('DROP TABLE temp.term_instance')
  const sealed = db.prepare('SELECT first_seq FROM block WHERE sealed = 1').pluck().all() as number[]
  const message = db.prepare('SELECT data FROM column_data WHERE id = ?').pluck()
  return sealed
    .filter(firstSeq => !indexed.has(firstSeq) && hasWord(message.get(firstSeq * 16 + column.message) as Buffer))
    .map(firstSeq => `block ${firstSeq} is missing in the full-text index: searches for a word do not find it`)
}

/** True when the index must name a block with this message column. Bytes that are not ASCII may belong to a word. */
function hasWord(packed: Buffer): boolean {
  return /(?<![\w\x80-\xff])[A-Za-z_]{1,40}(?![\w\x80-\xff])/.test(unpackBytes(packed).toString('latin1'))
}
