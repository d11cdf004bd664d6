// Day files whose structure is damaged are not written to any more: they are moved to records/damaged, where searches go on
// reading what is left of them, and the day goes on in a new file.
//
//   records/20261125.db, -wal, -shm  ─►  records/damaged/20261125-143201.db, -wal, -shm
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { damagedDir, dayPath, listDamaged, recordsDir } from './day-file.ts'
import { syncFolder } from './sync-folder.ts'

export type SetAside = { readonly day: string; readonly path: string; readonly reason: string }

/** Moves the day's file, which nobody has open, out of the way of a new one. */
export function setAside(dataDir: string, day: string, reason: string, now: number): SetAside {
  mkdirSync(damagedDir(dataDir), { recursive: true, mode: 0o750 })
  let at = now
  while (existsSync(dayPath(dataDir, nameAt(day, at)))) at += 1000
  const path = dayPath(dataDir, nameAt(day, at))
  // the second name comes first: a kill in between is recognised by it
  linkSync(dayPath(dataDir, day), path)
  syncFolder(damagedDir(dataDir))
  move(dataDir, day, path)
  return { day, path, reason }
}

/** Ends what a kill cut short: a file with both names. A new file must not find the old one's write-ahead log. */
export function finishSettingAside(dataDir: string): void {
  for (const name of listDamaged(dataDir)) {
    const day = name.slice(0, 8)
    const inode = (path: string): bigint | undefined => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
    const path = dayPath(dataDir, name)
    if (inode(dayPath(dataDir, day)) === inode(path)) move(dataDir, day, path)
  }
}

function move(dataDir: string, day: string, path: string): void {
  const from = dayPath(dataDir, day)
  for (const suffix of ['-wal', '-shm']) if (existsSync(from + suffix)) renameSync(from + suffix, path + suffix)
  syncFolder(damagedDir(dataDir))
  rmSync(from)
  syncFolder(recordsDir(dataDir))
}

function nameAt(day: string, at: number): string {
  return `${day}-${new Date(at).toISOString().slice(11, 19).replaceAll(':', '')}`
}
