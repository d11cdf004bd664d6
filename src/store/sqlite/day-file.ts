// One SQLite file per receive day (UTC): its schema, its name, and opening it for writing or reading.
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { PicketError } from '../../base/errors.ts'
import { faultPoint } from '../../base/fault-point.ts'
import { chainSchema } from './integrity/chain.ts'
import { needsCopy, openCopy } from './read-only.ts'

export type Db = InstanceType<typeof Database>

/** Raised with each change of the tables; older files are migrated when opened for writing, newer ones refused. */
const schemaVersion = 2

const schema = `
  CREATE TABLE block(
    first_seq INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    sealed INTEGER NOT NULL,
    min_received INTEGER NOT NULL,
    max_received INTEGER NOT NULL,
    summary BLOB NOT NULL
  ) STRICT;
  CREATE INDEX block_open ON block(first_seq) WHERE sealed = 0;
  CREATE TABLE column_data(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
  CREATE TABLE term_filter(first_seq INTEGER PRIMARY KEY, filter BLOB NOT NULL) STRICT;
  CREATE VIRTUAL TABLE term USING fts5(words, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '_'");
  CREATE TABLE hit(
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER NOT NULL,
    rules TEXT NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  ${chainSchema}
`

/** From each version to the next. Version 1 had no chain. */
const migrations: Readonly<Record<number, string>> = { 1: chainSchema }

/** The tables of a file as Picket makes them: name and SQL, sorted by name. */
export function expectedTables(): readonly Table[] {
  const db = new Database(':memory:')
  try {
    db.exec(schema)
    return tablesOf(db)
  } finally {
    db.close()
  }
}

export type Table = { readonly name: string; readonly sql: string | null }

/** The tables, indexes, views and triggers that a file has. */
export function tablesOf(db: Db): readonly Table[] {
  return db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all() as Table[]
}

/** The folder of the day files below a data folder. */
export function recordsDir(dataDir: string): string {
  return join(dataDir, 'records')
}

/** The days that have a file, oldest first. */
export function listDays(dataDir: string): string[] {
  return namesIn(recordsDir(dataDir), /^\d{8}\.db$/)
}

function namesIn(dir: string, pattern: RegExp): string[] {
  try {
    return readdirSync(dir)
      .filter(name => pattern.test(name))
      .map(name => name.slice(0, -'.db'.length))
      .toSorted()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The folder of the files that were too damaged to be written to (set-aside.ts). */
export function damagedDir(dataDir: string): string {
  return join(recordsDir(dataDir), 'damaged')
}

/** The damaged files that were set aside, oldest first: the day and the time of day, 20261125-143201. Whoever opens a day
 *  for reading may give such a name. */
export function listDamaged(dataDir: string): string[] {
  return namesIn(damagedDir(dataDir), /^\d{8}-\d{6}\.db$/)
}

export function dayPath(dataDir: string, day: string): string {
  return join(day.length > 8 ? damagedDir(dataDir) : recordsDir(dataDir), `${day}.db`)
}

export type DaySize = { readonly day: string; readonly bytes: number }

/** The days that have a file with what their files take, oldest first. */
export function daySizes(dataDir: string): readonly DaySize[] {
  const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const bytesOf = (name: string): number => sizeOf(dayPath(dataDir, name)) + sizeOf(`${dayPath(dataDir, name)}-wal`)
  const damaged = listDamaged(dataDir)
  return listDays(dataDir).map(day => {
    const names = [day, ...damaged.filter(name => name.startsWith(day))]
    return { day, bytes: names.reduce((sum, name) => sum + bytesOf(name), 0) }
  })
}

/** Opens the day's file for writing, making it if need be. Errors: DATA_UNREADABLE. */
export function openDayForWriting(dataDir: string, day: string): Db {
  mkdirSync(recordsDir(dataDir), { recursive: true, mode: 0o750 })
  const path = dayPath(dataDir, day)
  const db = new Database(path)
  try {
    // better-sqlite3 compiles WAL with NORMAL, which loses committed records in a power cut (reliability.md §0.1)
    db.pragma('page_size = 16384')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('wal_autocheckpoint = 1000')
    db.pragma('busy_timeout = 5000')
    db.pragma('temp_store = MEMORY')
    const version = db.pragma('user_version', { simple: true }) as number
    if (version > schemaVersion) throw newer(path, version)
    if (version < schemaVersion)
      db.transaction(() => {
        if (version === 0) db.exec(schema)
        else for (let from = version; from < schemaVersion; from++) db.exec(migrations[from] as string)
        db.pragma(`user_version = ${schemaVersion}`)
        faultPoint('migration-step')
      })()
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens the day's file for reading, on read-only media too; undefined when it holds nothing yet, or was removed just
 *  now. Errors: DATA_UNREADABLE. */
export function openDayForReading(dataDir: string, day: string): Db | undefined {
  const path = dayPath(dataDir, day)
  let db: Db | undefined
  try {
    db = needsCopy(path) ? openCopy(path) : new Database(path, { readonly: true, fileMustExist: true })
    db.pragma('busy_timeout = 5000')
    db.pragma('query_only = ON')
    db.pragma('mmap_size = 1073741824')
    const version = db.pragma('user_version', { simple: true }) as number
    if (version > schemaVersion) throw newer(path, version)
    if (version > 0) return db
    db.close()
    return undefined
  } catch (error) {
    db?.close()
    if (db === undefined && !existsSync(path)) return undefined
    throw unreadable(dataDir, day, error)
  }
}

/** What to throw for an error met while a day's file was read: DATA_UNREADABLE with its path when the file is to blame. */
export function unreadable(dataDir: string, day: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof code !== 'string' || !/^(?:SQLITE_|ZSTD_|ENOSPC|EROFS)/.test(code)) return error
  return new PicketError('DATA_UNREADABLE', `cannot read ${dayPath(dataDir, day)}: ${message}`, { cause: error })
}

function newer(path: string, version: number): PicketError {
  return new PicketError(
    'DATA_UNREADABLE',
    `${path} has version ${version}; this Picket knows ${schemaVersion}: install a newer Picket`,
  )
}
