// Every damage that a check claims to see, made and seen.
import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import Database from 'better-sqlite3'
import { checkDay, checkState } from '../../../src/store/sqlite/check.ts'
import { type Db, dayPath, listDays, openDayForReading } from '../../../src/store/sqlite/day-file.ts'
import { addAccount, appendDay } from './data-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'picket-check-'))
after(() => rmSync(root, { recursive: true }))

/** A new folder with one day of sealed and open blocks, changed by `damage`; what the check says of it. */
function checked(damage: (db: Db) => void, deep = false) {
  const dir = mkdtempSync(join(root, 'data-'))
  appendDay(dir, 0, 9500)
  const [day = ''] = listDays(dir)
  const writer = new Database(dayPath(dir, day)).unsafeMode(true)
  damage(writer)
  writer.close()
  const db = openDayForReading(dir, day)
  if (db === undefined) throw new Error('no day')
  try {
    return checkDay(db, { deep })
  } finally {
    db.close()
  }
}

const says = (damage: (db: Db) => void, expected: RegExp, deep = false) =>
  match(checked(damage, deep).problems.join('\n'), expected)

test('a whole day has no problem, and is counted', () => {
  const { problems, records, hits, firstSeq, lastSeq } = checked(() => undefined, true)
  deepEqual(
    { problems, records, hits, firstSeq, lastSeq },
    { problems: [], records: 9500, hits: 1, firstSeq: 1, lastSeq: 9500 },
  )
})

test('numbers that are missing are no damage: what a crash lost keeps its own', () => {
  const { problems, lastSeq } = checked(db => {
    const last = db.prepare('SELECT max(first_seq) FROM block').pluck().get() as number
    db.prepare('UPDATE column_data SET id = id + 50 * 16 WHERE id >= ?').run(last * 16)
    db.prepare('UPDATE block SET first_seq = first_seq + 50 WHERE first_seq = ?').run(last)
  }, true)
  deepEqual([problems, lastSeq], [[], 9550])
})

test('the full-text index: a zeroed page, and a row that is missing', () => {
  says(
    db => db.exec('UPDATE term_data SET block = zeroblob(length(block)) WHERE id = (SELECT max(id) FROM term_data)'),
    /fts5: corruption/,
  )
  says(db => db.exec("INSERT INTO term(term) VALUES ('delete-all')"), /block 1 is missing in the full-text index/)
})

test('blocks: a column, a filter, records that stand there twice', () => {
  says(db => db.exec('DELETE FROM column_data WHERE id = 16 + 8'), /block 1 lacks column 8/)
  says(db => db.exec('DELETE FROM term_filter'), /block 1 lacks its term filter/)
  says(db => db.exec('UPDATE block SET count = count + 10 WHERE first_seq = 1'), /records \d+ to \d+ stand there twice/)
})

test('deep: a column that cannot be unpacked', () => {
  const damage = (db: Db) => {
    const data = db.prepare('SELECT data FROM column_data WHERE id = 24').pluck().get() as Buffer
    data.fill(0xff, 20, 60)
    db.prepare('UPDATE column_data SET data = ? WHERE id = 24').run(data)
  }
  deepEqual(checked(damage).problems, [])
  says(damage, /block 1 cannot be unpacked/, true)
})

test('pages of the file', () => {
  says(db => {
    db.unsafeMode(true)
    db.pragma('writable_schema = ON')
    db.exec("UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'hit'")
  }, /./)
})

test('picket.db: whole, orphans, none of ours', () => {
  const dir = mkdtempSync(join(root, 'state-'))
  addAccount(dir)
  const db = new Database(join(dir, 'picket.db'))
  deepEqual(checkState(db), [])
  db.pragma('foreign_keys = OFF')
  db.exec('DELETE FROM users')
  match(checkState(db).join(), /1 rows name an account/)
  db.close()
  const empty = new Database(':memory:')
  equal(checkState(empty).length, 1)
  empty.close()
})
