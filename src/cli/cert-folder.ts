// New files of a certificate folder: made in a private folder inside it, and in their places only once all are whole.
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isPicketError, PicketError } from '../base/errors.ts'
import { systemReason } from '../config/system-reason.ts'

export type PlaceOptions = {
  /** Relative to the folder. Those that end in `.key` are private. */
  readonly files: readonly string[]
  /** Replace files that exist. */
  readonly force: boolean
  /** Makes the files, by their base names. */
  readonly make: (folder: string) => Promise<void>
}

/** Errors: CONFLICT when a file exists, ACCESS_DENIED, and those of `make`. */
export async function makeInFolder(dir: string, { files, force, make }: PlaceOptions): Promise<void> {
  const existing = files.filter(file => existsSync(join(dir, file)))
  if (existing.length > 0 && !force) throw conflict(dir, existing)
  let folder: string | undefined
  try {
    for (const file of files) mkdirSync(dirname(join(dir, file)), { recursive: true, mode: 0o700 })
    folder = mkdtempSync(join(dir, '.new-'))
    await make(folder)
    for (const file of files) {
      const made = join(folder, file.slice(file.lastIndexOf('/') + 1))
      chmodSync(made, file.endsWith('.key') ? 0o600 : 0o644)
      // a link, unlike a rename, never replaces what somebody else has just made
      if (force) renameSync(made, join(dir, file))
      else linkSync(made, join(dir, file))
    }
  } catch (cause) {
    if (isPicketError(cause)) throw cause
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    if (code === 'EEXIST') throw conflict(dir, files)
    throw new PicketError('ACCESS_DENIED', `cannot write certificates to ${dir}: ${systemReason(cause)}`, { cause })
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
}

function conflict(dir: string, files: readonly string[]): PicketError {
  const paths = files.map(file => join(dir, file)).join(', ')
  return new PicketError('CONFLICT', `nothing is made: ${paths} exists already; --force replaces it`)
}
