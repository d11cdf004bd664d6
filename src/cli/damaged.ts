// What a search had to leave out, on standard error: the output itself is right, it is not all.
import { visible } from '../base/visible.ts'
import type { DamagedDay } from '../store/store.ts'
import type { Io } from './io.ts'

/** Tells of each damaged day once, however many pages meet it. */
export function createDamageTeller(io: Pick<Io, 'err'>): (damaged: readonly DamagedDay[] | undefined) => void {
  const told = new Set<string>()
  return damaged => {
    for (const { day, reason } of damaged ?? []) {
      if (told.has(day)) continue
      told.add(day)
      io.err(`picket: not all of ${day} can be read, the rest of it is left out: ${visible(reason)}\n`)
    }
  }
}
