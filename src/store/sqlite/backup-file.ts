// Files of a backup, made durable: a file is written under another name, pushed to the disk and only then renamed over
// the old one, so that a full disk, a kill or a power cut leaves one of the two, whole.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { PicketError } from '../../base/errors.ts'
import type { Db } from './day-file.ts'

const chunkBytes = 1 << 20
/** Names that begin like this are half-written and may be removed by whoever holds the folder's lock. */
export const partialPrefix = '.partial-'

/** SHA-256 of a file's bytes, hex, and how many they are. */
export function hashFile(path: string): { readonly bytes: number; readonly sha256: string } {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(chunkBytes)
  const fd = openSync(path, 'r')
  try {
    let bytes = 0
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) {
      hash.update(chunk.subarray(0, read))
      bytes += read
    }
    return { bytes, sha256: hash.digest('hex') }
  } finally {
    closeSync(fd)
  }
}

/** Copies what the connection sees now into a new file that nobody else may read (reliability.md §0.7: `db.backup()`
 *  never ends beside a busy writer). The copy has no WAL, so it can be read from read-only media. */
export function copyDatabase(db: Db, path: string): void {
  db.pragma('query_only = OFF') // VACUUM counts as a write even when its source only is read
  db.prepare('VACUUM INTO ?').run(path)
  chmodSync(path, 0o600)
  syncPath(path)
}

/** Copies a file's bytes and pushes them to the disk. */
export function copyBytes(from: string, to: string): void {
  copyFileSync(from, to)
  chmodSync(to, 0o600)
  syncPath(to)
}

/** Puts a finished file in the place of the old one; afterwards the new name is on the disk. */
export function moveInto(partial: string, path: string): void {
  renameSync(partial, path)
  syncPath(dirname(path))
}

/** Writes a small file so that its old or its new text is there, whatever happens. */
export function replaceText(path: string, text: string): void {
  const partial = `${path}.new`
  writeFileSync(partial, text, { mode: 0o600 })
  syncPath(partial)
  moveInto(partial, path)
}

/** Pushes a file, or the names in a folder, to the disk. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Removes what runs that were cut short left behind. */
export function removePartials(dir: string): void {
  for (const name of readdirSync(dir)) {
    if (name.startsWith(partialPrefix)) rmSync(`${dir}/${name}`, { recursive: true, force: true })
  }
}

/** Size of a file, 0 when there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** What to throw for an error met while a copy was written to `path`. */
export function writeFailure(path: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string }
  if (error instanceof PicketError || typeof code !== 'string') return error
  if (code === 'ENOSPC' || code === 'SQLITE_FULL' || code === 'EDQUOT') {
    return new PicketError('STORE_FAILED', `cannot write ${path}: the disk is full; make room and run it again`, {
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code.startsWith('SQLITE_READONLY')) {
    return new PicketError('ACCESS_DENIED', `cannot write ${path}: ${message} (check its owner and mode)`, {
      cause: error,
    })
  }
  return new PicketError('STORE_FAILED', `cannot write ${path}: ${message}`, { cause: error })
}
