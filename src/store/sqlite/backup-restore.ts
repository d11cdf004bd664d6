// Brings a backup back into an empty data folder: every file is compared with the manifest, copied, compared again and
// checked before any of them gets its name.
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { PicketError } from '../../base/errors.ts'
import { copyBytes, hashFile, partialPrefix, removePartials, sizeOf, syncPath, writeFailure } from './backup-file.ts'
import { type FileEntry, loadManifest, stateName } from './backup-manifest.ts'
import { checkDay, checkState } from './check.ts'
import { lockDataDir } from './lock.ts'
import { openState } from './state.ts'

export type RestoreOptions = {
  readonly signal: AbortSignal
  readonly now: () => number
  /** Called before each file that is compared or copied. */
  readonly onFile: (step: 'checking' | 'copying', name: string, bytes: number) => void
  /** Leave out damaged days instead of refusing the whole backup. */
  readonly skipDamaged: boolean
  /** Who does it, for the audit trail. */
  readonly by: string
}

export type RestoreResult = {
  readonly days: number
  readonly records: number
  readonly bytes: number
  /** Received times of the oldest and the newest record, ms since 1970 UTC. */
  readonly from?: number
  readonly to?: number
  readonly hasState: boolean
  /** When the last complete run of the backup began, ISO 8601. */
  readonly backedUpAt: string | null
  readonly skipped: readonly string[]
}

/** What may lie in a folder that counts as empty: the lock, and what a restore that was cut short left behind. */
const ownFiles = /^(?:instance\.lock(?:-journal)?|picket\.pid|picket\.yaml)$/

/**
 * Restores the backup in `dir` into `dataDir`, which must be empty or missing. Nothing but the lock and a partial folder
 * is there until every file has been checked. Sessions of the web UI are ended: people log in again.
 *
 * @throws PicketError NOT_FOUND (no backup), CONFLICT (the data folder is not empty), DATA_LOCKED (a Picket runs on it),
 *   DATA_UNREADABLE (the backup is damaged; every such file is named), STORE_FAILED (disk full …), ACCESS_DENIED
 */
export async function restoreBackup(dir: string, dataDir: string, options: RestoreOptions): Promise<RestoreResult> {
  const manifest = loadManifest(dir)
  if (manifest === undefined) throw new PicketError('NOT_FOUND', `there is no backup in ${dir}: it has no backup.json`)
  const names = Object.keys(manifest.files).toSorted()
  if (names.length === 0)
    throw new PicketError('NOT_FOUND', `the backup in ${dir} is empty: no run of it came to an end`)
  refuseUnlessEmpty(dataDir)

  const entries = new Map<string, FileEntry>()
  const damaged: string[] = []
  for (const name of names) {
    options.onFile('checking', name, sizeOf(join(dir, name)))
    await turn(options.signal)
    const entry = fittingEntry(join(dir, name), manifest.files[name] ?? [])
    if (entry === undefined) damaged.push(name)
    else entries.set(name, entry)
  }
  refuseDamaged(dir, damaged, options)
  return copyAll({ dir, dataDir, entries, damaged, backedUpAt: manifest.startedAt }, options)
}

type Plan = {
  readonly dir: string
  readonly dataDir: string
  readonly entries: ReadonlyMap<string, FileEntry>
  readonly damaged: readonly string[]
  readonly backedUpAt: string | null
}

async function copyAll(
  { dir, dataDir, entries, damaged, backedUpAt }: Plan,
  options: RestoreOptions,
): Promise<RestoreResult> {
  using _lock = lockDataDir(dataDir)
  refuseUnlessEmpty(dataDir, { isLocked: true })
  const partialDir = join(dataDir, `${partialPrefix}restore`)
  let result = { days: 0, records: 0, bytes: 0 }
  let from: number | undefined
  let to: number | undefined
  const skipped = [...damaged]
  try {
    removePartials(dataDir)
    mkdirSync(join(partialDir, 'records'), { recursive: true, mode: 0o750 })
    for (const [name, entry] of entries) {
      options.onFile('copying', name, entry.bytes)
      await turn(options.signal)
      const path = join(partialDir, name)
      mkdirSync(dirname(path), { recursive: true, mode: 0o750 })
      copyBytes(join(dir, name), path)
      const found = checkRestored(path, name, entry)
      if (found.problems.length > 0) {
        refuseDamaged(dir, [`${name} (${found.problems.join('; ')})`], options)
        skipped.push(name)
        rmSync(path)
        continue
      }
      result = { ...result, bytes: result.bytes + entry.bytes }
      if (!isDay(name)) continue
      result = { ...result, days: result.days + 1, records: result.records + entry.records }
      from = earlier(from, found.from)
      to = later(to, found.to)
    }
    const hasState = existsSync(join(partialDir, stateName))
    if (hasState) closeSessions(join(partialDir, stateName), dir, options)
    moveUp(partialDir, dataDir)
    rmSync(partialDir, { recursive: true })
    giveToOwner(dataDir)
    syncPath(dataDir)
    return {
      ...result,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      hasState,
      backedUpAt,
      skipped,
    }
  } catch (error) {
    throw writeFailure(dataDir, error)
  } finally {
    rmSync(partialDir, { recursive: true, force: true })
  }
}

function isDay(name: string): boolean {
  return name.startsWith('records/')
}

/** Gives the checked files their names; the records come last. */
function moveUp(partialDir: string, dataDir: string): void {
  const names = readdirSync(partialDir).toSorted((a, b) => Number(a === 'records') - Number(b === 'records'))
  for (const name of names) {
    syncPath(join(partialDir, name))
    renameSync(join(partialDir, name), join(dataDir, name))
  }
}

/** Errors: DATA_LOCKED when a Picket runs there, CONFLICT when it holds anything. */
function refuseUnlessEmpty(dataDir: string, { isLocked }: { readonly isLocked: boolean } = { isLocked: false }): void {
  let names: readonly string[]
  try {
    names = readdirSync(dataDir)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new PicketError('ACCESS_DENIED', `cannot read ${dataDir}: ${(error as Error).message}`, { cause: error })
  }
  // without a lock file no Picket runs there, and a folder of somebody else gets none from us
  if (!isLocked && names.includes('instance.lock')) lockDataDir(dataDir)[Symbol.dispose]()
  const found = names.find(name => !ownFiles.test(name) && !name.startsWith(partialPrefix))
  if (found === undefined) return
  throw new PicketError(
    'CONFLICT',
    `${dataDir} is not empty (${found}): restore into an empty folder (--data), and move the old one away first`,
  )
}

/** The entry that the file has the size and hash of; undefined when there is none, or no file. */
function fittingEntry(path: string, entries: readonly FileEntry[]): FileEntry | undefined {
  if (!existsSync(path)) return undefined
  const { bytes, sha256 } = hashFile(path)
  return entries.find(entry => entry.bytes === bytes && entry.sha256 === sha256)
}

/** A damaged picket.db is left out by skipDamaged too: the records are worth having without accounts and alerts. */
function refuseDamaged(dir: string, damaged: readonly string[], { skipDamaged }: RestoreOptions): void {
  if (damaged.length === 0 || skipDamaged) return
  throw new PicketError(
    'DATA_UNREADABLE',
    `the backup in ${dir} is damaged: ${damaged.join(', ')} (restore the rest with --skip-damaged)`,
  )
}

type Restored = { readonly problems: readonly string[]; readonly from?: number; readonly to?: number }

function checkRestored(path: string, name: string, entry: FileEntry): Restored {
  if (fittingEntry(path, [entry]) === undefined) return { problems: ['the copy differs from the backup'] }
  if (name !== stateName && !isDay(name)) return { problems: [] }
  const db = new Database(path, { readonly: true, fileMustExist: true })
  try {
    if (name === stateName) return { problems: checkState(db) }
    const found = checkDay(db, { deep: true })
    const isAll = found.records === entry.records && found.hits === entry.hits
    return isAll ? found : { ...found, problems: [...found.problems, 'it holds other records than the manifest says'] }
  } finally {
    db.close()
  }
}

/** Sessions that were ended since the backup must not come back to life. */
function closeSessions(path: string, dir: string, { now, by }: RestoreOptions): void {
  const state = openState(path)
  try {
    state.people.removeSessionsBefore(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    state.people.audit({ at: now(), by, from: 'cli', action: 'restore', object: dir })
  } finally {
    state.close()
  }
}

/** Restored by root, the files must still be the service's: they get the owner of the data folder. */
function giveToOwner(dataDir: string): void {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = statSync(dataDir)
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' }))
    chownSync(join(dataDir, name), uid, gid)
}

/** Lets a signal arrive between two files: the steps are synchronous. */
async function turn(signal: AbortSignal): Promise<void> {
  await setImmediate()
  if (signal.aborted)
    throw new PicketError('STORE_FAILED', 'the restore was interrupted; the data folder is still empty')
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a
}
