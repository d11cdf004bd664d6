// Which errors, met while stored bytes were read, say that these bytes are not what was written. Whoever reads goes on with
// what is whole and tells what it left out; a busy file, a missing right and a newer version are another matter.
import { isPicketError } from '../../base/errors.ts'
import type { DamagedDay } from '../store.ts'

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

/** What one search left out, day by day. */
export type DamageNotes = {
  /** Runs a step that reads one block of the day; damage is noted, and then the result is undefined. */
  block<T>(day: string, step: () => T): T | undefined
  /** Notes damage that may concern more than one block; throws what is none. */
  day(day: string, error: unknown): void
  /** For the answer: nothing when all was readable. */
  answer(): { readonly damaged?: readonly DamagedDay[] }
}

export function createDamageNotes(): DamageNotes {
  const days = new Map<string, { blocks: number; isWhole: boolean; reason: string }>()

  function of(day: string, error: unknown) {
    if (!isDamage(error)) throw error
    const noted = days.get(day) ?? { blocks: 0, isWhole: false, reason: (error as Error).message }
    days.set(day, noted)
    return noted
  }

  return {
    block(day, step) {
      try {
        return step()
      } catch (error) {
        of(day, error).blocks++
        return undefined
      }
    },
    day(day, error) {
      of(day, error).isWhole = true
    },
    answer() {
      if (days.size === 0) return {}
      const damaged = [...days].map(([day, { blocks, isWhole, reason }]) => {
        return { day, blocks_unreadable: isWhole ? null : blocks, reason }
      })
      return { damaged }
    },
  }
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}
