// Which errors, met while stored bytes were read, say that these bytes are not what was written. Whoever reads goes on with
// what is whole and tells what it left out; a busy file, a missing right and a newer version are another matter.
import { isPicketError } from '../../base/errors.ts'

/** A block whose bytes do not unpack, or not to what a block is. */
export class BlockDamage extends Error {
  override readonly name = 'BlockDamage'
}

/** True when stored bytes are not readable as what they were, whoever tries; a bad sector of the disk counts. */
export function isDamage(error: unknown): boolean {
  if (error instanceof BlockDamage) return true
  return /^SQLITE_(?:CORRUPT|NOTADB|IOERR)/.test(codeOf(isPicketError(error) ? error.cause : error))
}

/** True when SQLite finds the structure of a file broken: it must not be written to any more. A disk that does not answer,
 *  a lock and a missing right are not that. */
export function isBrokenFile(error: unknown): boolean {
  return /^SQLITE_(?:CORRUPT|NOTADB)/.test(codeOf(isPicketError(error) ? error.cause : error))
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}
