// A backup of a data folder, in use or not: every file that changed since the last run is copied, checked, and only then
// put in the place of its old copy.
//
//   picket.db, ack.hwm and manifests/ are copied first and put in place last: the alert checkpoint is never ahead of the hits in the
//   day files, so after a restore an alert may be raised again, and none is missed; the marks of the chain are never ahead of
//   the records. Days go oldest first: a run that was cut short leaves a backup up to some moment.
import { closeSync, existsSync, mkdirSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { PicketError } from '../../base/errors.ts'
import { faultPoint } from '../../base/fault-point.ts'
import {
  copyBytes,
  copyDatabase,
  hashFile,
  moveInto,
  partialPrefix,
  removePartials,
  sizeOf,
  syncPath,
  writeFailure,
} from './backup-file.ts'
import {
  dayName,
  emptyManifest,
  type FileEntry,
  loadManifest,
  type Manifest,
  plainNames,
  type SourceLook,
  saveManifest,
  stateName,
} from './backup-manifest.ts'
import { checkDay, checkState, type DayCheck, summariseDay } from './check.ts'
import { type Db, dayPath, listDays, openDayForReading, recordsDir } from './day-file.ts'
import { lockDataDir } from './lock.ts'

export type BackupOptions = {
  readonly signal: AbortSignal
  readonly now: () => number
  /** Called before each file that is copied, with its size. */
  readonly onFile: (name: string, bytes: number) => void
  /** Remove the copies of days that the data folder no longer has. */
  readonly prune: boolean
}

export type BackupResult = {
  readonly copied: number
  readonly copiedBytes: number
  readonly unchanged: number
  readonly pruned: number
  /** Days that stay in the backup although the data folder no longer has them. */
  readonly older: number
  readonly days: number
  readonly records: number
  readonly bytes: number
  /** Files that could not be copied whole, with the reason; their old copies are as they were. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[]
}

/**
 * Brings the backup in `dir` up to date, making it (mode 0700) if need be.
 *
 * @param dataDir in use by a running Picket or not; it is only read
 * @param dir holds this data folder's backup, or nothing
 * @throws PicketError NOT_FOUND (no data), CONFLICT (`dir` holds something else), DATA_LOCKED (another backup runs, or a
 *   Picket uses `dir`), STORE_FAILED (disk full …), ACCESS_DENIED, DATA_UNREADABLE; the old backup is whole after each
 */
export async function backUp(dataDir: string, dir: string, options: BackupOptions): Promise<BackupResult> {
  const startedAt = new Date(options.now()).toISOString()
  if (!existsSync(join(dataDir, stateName)) && listDays(dataDir).length === 0)
    throw new PicketError('NOT_FOUND', `${dataDir} holds no data of Picket (choose the folder with --data or --config)`)
  prepareFolder(dir)
  using _lock = lockDataDir(dir)
  let manifest = loadManifest(dir) ?? emptyManifest
  const partialDir = join(dir, `${partialPrefix}backup`)
  const path = (name: string): string => join(dir, name)
  const partial = (name: string): string => join(partialDir, name.replaceAll('/', '-'))
  const result = { copied: 0, copiedBytes: 0, unchanged: 0, pruned: 0 }
  const failed: { name: string; reason: string }[] = []

  /** Puts a checked copy in place; the manifest fits the folder before, between and after. */
  function place(name: string, entry: FileEntry): void {
    const old = manifest.files[name] ?? []
    // of a file that is new here, a kill may leave the file without an entry, never an entry without the file
    if (old.length > 0) {
      manifest = withFile(manifest, name, [...old, entry])
      saveManifest(dir, manifest)
    }
    faultPoint('backup-written-before-rename')
    moveInto(partial(name), path(name))
    manifest = withFile(manifest, name, [entry])
    saveManifest(dir, manifest)
    result.copied++
    result.copiedBytes += entry.bytes
  }

  function isUnchanged(name: string, look: SourceLook): boolean {
    const entries = manifest.files[name] ?? []
    const [entry] = entries
    if (entry === undefined || entries.length !== 1 || sizeOf(path(name)) !== entry.bytes) return false
    return (Object.keys(look) as (keyof SourceLook)[]).every(key => look[key] === entry.source[key])
  }

  async function backUpDay(day: string): Promise<void> {
    const name = dayName(day)
    const source = dayPath(dataDir, day)
    const look = lookAt(source)
    if (look !== undefined && isUnchanged(name, look)) {
      result.unchanged++
      return
    }
    const db = openDayForReading(dataDir, day)
    if (db === undefined) return // removed by retention just now, or still without tables
    try {
      options.onFile(name, sizeOf(source))
      const before = summariseDay(db)
      refuseOther(dir, day, before, manifest.files[name]?.at(-1))
      copyDatabase(db, partial(name))
      const found = checkCopy(partial(name), copy => checkDay(copy, { deep: true }))
      const problems = [...found.problems, ...missing(before, found)]
      if (problems.length > 0) throw new PicketError('DATA_UNREADABLE', `${source}: ${problems.join('; ')}`)
      const { records, hits, firstSeq, lastSeq } = found
      const entry = { ...hashFile(partial(name)), records, hits, firstSeq, lastSeq }
      place(name, { ...entry, source: look ?? neverSame })
    } finally {
      db.close()
      rmSync(partial(name), { force: true })
    }
  }

  /** Makes a checked copy of picket.db and returns how its source looked; undefined when there is nothing to copy. */
  function copyState(): SourceLook | undefined {
    const source = join(dataDir, stateName)
    if (!existsSync(source)) return undefined
    const look = lookAt(source) ?? neverSame
    if (isUnchanged(stateName, look)) {
      result.unchanged++
      return undefined
    }
    options.onFile(stateName, sizeOf(source))
    const db = new Database(source, { readonly: true, fileMustExist: true, timeout: 5000 })
    try {
      copyDatabase(db, partial(stateName))
    } finally {
      db.close()
    }
    const problems = checkCopy(partial(stateName), checkState)
    if (problems.length > 0) throw new PicketError('DATA_UNREADABLE', `${source}: ${problems.join('; ')}`)
    return look
  }

  function copyPlain(name: string): SourceLook | undefined {
    const source = join(dataDir, name)
    const { size, mtimeMs } = statSync(source)
    const look = { bytes: size, mtimeMs, changeCounter: 0 }
    if (isUnchanged(name, look)) {
      result.unchanged++
      return undefined
    }
    copyBytes(source, partial(name))
    return look
  }

  /** A damaged file must not keep the others from being saved; a target that cannot be written ends the run. */
  async function attempt<T>(name: string, step: () => T | Promise<T>): Promise<T | undefined> {
    await setImmediate() // lets a signal arrive: the steps are synchronous
    if (options.signal.aborted)
      throw new PicketError('STORE_FAILED', 'the backup was interrupted; what it had is whole')
    try {
      return await step()
    } catch (error) {
      const failure = copyFailure(dataDir, dir, name, error)
      if (!(failure instanceof PicketError) || failure.code !== 'DATA_UNREADABLE') throw failure
      failed.push({ name, reason: failure.message })
      return undefined
    }
  }

  try {
    removePartials(dir)
    saveManifest(dir, manifest) // from here on the folder is known as a backup
    mkdirSync(partialDir, { mode: 0o700 })
    mkdirSync(recordsDir(dir), { recursive: true, mode: 0o700 })
    syncPath(dir)
    const others = new Map([[stateName, await attempt(stateName, copyState)]])
    for (const name of plainNames(dataDir)) others.set(name, await attempt(name, () => copyPlain(name)))
    const days = listDays(dataDir)
    for (const day of days) await attempt(dayName(day), () => backUpDay(day))
    for (const [name, source] of others) {
      if (source === undefined) continue
      mkdirSync(dirname(path(name)), { recursive: true, mode: 0o700 })
      place(name, { ...hashFile(partial(name)), records: 0, hits: 0, firstSeq: 0, lastSeq: 0, source })
    }

    const gone = listDays(dir).filter(day => !days.includes(day))
    if (options.prune && days.length > 0) {
      for (const day of gone) {
        const name = dayName(day)
        manifest = withFile(manifest, name, [])
        saveManifest(dir, manifest)
        rmSync(path(name))
        result.pruned++
      }
    }
    if (failed.length === 0) {
      manifest = { ...manifest, startedAt, completedAt: new Date(options.now()).toISOString() }
      saveManifest(dir, manifest)
    }
    const entries = Object.values(manifest.files).flatMap(list => list.slice(-1))
    return {
      ...result,
      failed,
      days: listDays(dir).length,
      older: gone.length - result.pruned,
      records: entries.reduce((sum, entry) => sum + entry.records, 0),
      bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
    }
  } catch (error) {
    throw copyFailure(dataDir, dir, '', error)
  } finally {
    rmSync(partialDir, { recursive: true, force: true })
  }
}

/** Never equal to what a file looks like: it is copied again next time. */
const neverSame: SourceLook = { bytes: -1, mtimeMs: -1, changeCounter: -1 }

/** Makes the folder; an old one must be empty of data or hold a backup. */
function prepareFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw writeFailure(dir, error)
  }
  if (loadManifest(dir) !== undefined) return
  if (existsSync(join(dir, stateName)) || listDays(dir).length > 0)
    throw new PicketError(
      'CONFLICT',
      `${dir} holds data but no backup.json: it is a data folder, not a backup; give another folder`,
    )
}

/** How a file looks when nothing waits in its WAL; undefined while something does, or when it is gone. */
function lookAt(path: string): SourceLook | undefined {
  if (sizeOf(`${path}-wal`) > 0) return undefined
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  const header = Buffer.alloc(28)
  const fd = openSync(path, 'r')
  try {
    readSync(fd, header, 0, header.length, 0)
  } finally {
    closeSync(fd)
  }
  return { bytes: found.size, mtimeMs: found.mtimeMs, changeCounter: header.readUInt32BE(24) }
}

/** The same day with fewer or other records: another Picket's data, or data that was lost. Its old copy must stay. */
function refuseOther(dir: string, day: string, now: Omit<DayCheck, 'problems'>, old: FileEntry | undefined): void {
  if (old === undefined || old.records === 0) return
  if (now.records >= old.records && now.lastSeq >= old.lastSeq && now.firstSeq === old.firstSeq) return
  throw new PicketError(
    'CONFLICT',
    `${dir} has ${old.records} records of ${day} (${old.firstSeq} to ${old.lastSeq}), the data folder ${now.records} (${now.firstSeq} to ${now.lastSeq}): it is the backup of another Picket, or records were lost; keep it and back up into another folder`,
  )
}

function checkCopy<T>(path: string, check: (db: Db) => T): T {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  try {
    return check(db)
  } finally {
    db.close()
  }
}

/** The copy may hold more than was there before it was made, never less. */
function missing(before: Omit<DayCheck, 'problems'>, copy: DayCheck): readonly string[] {
  return (['records', 'hits', 'lastSeq'] as const)
    .filter(key => copy[key] < before[key])
    .map(key => `the copy has ${key} ${copy[key]} instead of ${before[key]}`)
}

/** SQLite's errors while copying: of a damaged source, or of a target that cannot be written. */
function copyFailure(dataDir: string, dir: string, name: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof code === 'string' && /^SQLITE_(?:CORRUPT|NOTADB|CANTOPEN|IOERR_(?:SHORT_)?READ|ERROR)/.test(code))
    return new PicketError('DATA_UNREADABLE', `cannot read ${join(dataDir, name)}: ${message}`, { cause: error })
  return writeFailure(dir, error)
}

function withFile(manifest: Manifest, name: string, entries: readonly FileEntry[]): Manifest {
  const files = Object.entries(manifest.files).filter(([other]) => other !== name)
  if (entries.length > 0) files.push([name, entries])
  return { ...manifest, files: Object.fromEntries(files.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}
