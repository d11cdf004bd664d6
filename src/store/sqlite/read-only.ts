// Databases that can be read where nothing can be written: a mounted snapshot, a DVD, somebody else's folder. A database in
// WAL mode cannot: SQLite must make its -shm file first. So what is not written to any more leaves WAL mode; what was left
// in it is read from a copy.
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'

type Db = InstanceType<typeof Database>

/** Takes a file out of WAL mode. Only tries: false while anybody else has it open, or when it cannot be written. */
export function leaveWal(path: string): boolean {
  if (!isInWal(path)) return true
  let db: Db | undefined
  try {
    db = new Database(path, { fileMustExist: true, timeout: 0 })
    db.pragma('synchronous = FULL')
    return db.pragma('journal_mode = DELETE', { simple: true }) === 'delete'
  } catch {
    return false
  } finally {
    db?.close()
  }
}

/** True when the file cannot be opened where it lies: in WAL mode, and no -shm file can be made. */
export function needsCopy(path: string): boolean {
  if (!isInWal(path) || existsSync(`${path}-shm`)) return false
  try {
    accessSync(dirname(path), constants.W_OK)
    return false
  } catch {
    return true
  }
}

/** Opens a copy of the file, with what stands in its write-ahead log; the copy has no name and goes when it is closed.
 *  It lies in the folder for temporary files (TMPDIR). */
export function openCopy(path: string): Db {
  const dir = mkdtempSync(join(tmpdir(), 'picket-read-'))
  try {
    const copy = join(dir, basename(path))
    copyFileSync(path, copy)
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`)
    if (!leaveWal(copy)) throw new Error(`cannot open a copy of ${path} in ${dir}`)
    const db = new Database(copy, { readonly: true })
    db.pragma('schema_version') // opens the file itself, before its name goes
    return db
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Byte 18 of the header is the version that a writer must know: 2 is WAL (SQLite file format §1.3.3). */
function isInWal(path: string): boolean {
  const header = Buffer.alloc(19)
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    return readSync(fd, header, 0, 19, 0) === 19 && header[18] === 2
  } catch {
    return false
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
