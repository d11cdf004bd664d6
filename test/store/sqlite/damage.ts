// Damage for tests: pages, columns and tables of a day file that somebody else wrote over.
import { equal } from 'node:assert/strict'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import Database from 'better-sqlite3'
import { dayPath } from '../../../src/store/sqlite/day-file.ts'

export const pageBytes = 16_384

export function change(dir: string, day: string, edit: (db: InstanceType<typeof Database>) => void): void {
  const db = new Database(dayPath(dir, day))
  edit(db)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

/** Puts other bytes in the place of a column; returns what puts the right ones back. */
export function spoilColumn(dir: string, day: string, firstSeq: number, id: number): () => void {
  const at = firstSeq * 16 + id
  const put = (data: unknown): void =>
    change(dir, day, db => db.prepare('UPDATE column_data SET data = ? WHERE id = ?').run(data, at))
  let good: unknown
  change(dir, day, db => {
    good = db.prepare('SELECT data FROM column_data WHERE id = ?').pluck().get(at)
  })
  put(Buffer.from([1, 2, 3, 4]))
  return () => put(good)
}

export function rootPage(dir: string, day: string, table: string): number {
  let root = 0
  change(dir, day, db => {
    root = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number
  })
  return root
}

/** The pages below the root of a table whose root has pages below it. */
export function childPages(dir: string, day: string, table: string): number[] {
  const page = readPage(dayPath(dir, day), rootPage(dir, day, table))
  equal(page[0], 5, 'an interior page of a table')
  const cells = page.readUInt16BE(3)
  return Array.from({ length: cells }, (_, i) => page.readUInt32BE(page.readUInt16BE(12 + 2 * i)))
}

function readPage(path: string, number: number): Buffer {
  const page = Buffer.alloc(pageBytes)
  const fd = openSync(path, 'r')
  readSync(fd, page, 0, pageBytes, (number - 1) * pageBytes)
  closeSync(fd)
  return page
}

export function spoilPage(dir: string, day: string, number: number): void {
  const fd = openSync(dayPath(dir, day), 'r+')
  writeSync(fd, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, (number - 1) * pageBytes)
  closeSync(fd)
}
