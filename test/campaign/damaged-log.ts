// A write-ahead log that is flipped, cut or gone after a crash: the start works, what is left is a beginning of what was
// stored, and what is missing is told exactly.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAppender } from '../../src/store/sqlite/append.ts'
import { dayPath } from '../../src/store/sqlite/day-file.ts'
import { verifyStore } from '../../src/store/sqlite/integrity/verify.ts'
import { numberedBatch } from './numbered.ts'
import { makeScratch } from './scratch.ts'

export type LogFigures = { readonly damages: number; readonly noticed: number; readonly harmless: number }

const noon = Date.UTC(2026, 10, 23, 12)
const day = '20261123'

/** Damages the log so often, each time that of a fresh crash. */
export async function damageLogs(damages: number): Promise<LogFigures> {
  const folder = makeScratch('log')
  const figures = { damages: 0, noticed: 0, harmless: 0 }
  try {
    const crashed = join(folder, 'crashed')
    const stored = crash(join(folder, 'running'), crashed)
    const log = readFileSync(`${dayPath(crashed, day)}-wal`)
    for (let i = 0; i < damages; i++) {
      const dir = join(folder, 'damaged')
      cpSync(crashed, dir, { recursive: true })
      const path = `${dayPath(dir, day)}-wal`
      const at = Math.floor((log.length * (i + 0.5)) / damages)
      if (i === 0) rmSync(path)
      else if (i % 3 === 0) writeFileSync(path, log.subarray(0, at))
      else {
        const flipped = Buffer.from(log)
        flipped[at] = (flipped[at] as number) ^ (1 << (i % 8))
        writeFileSync(path, flipped)
      }
      if (checkDamaged(dir, stored, `damage ${i} at byte ${at}`)) figures.noticed++
      else figures.harmless++
      figures.damages++
      rmSync(dir, { recursive: true })
    }
    return figures
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Fills a store, a part of it out of the log already, and copies it while it runs: what a crash leaves. Returns how many records are stored. */
function crash(running: string, copy: string): number {
  mkdirSync(running)
  const before = openAppender(running, () => noon)
  let stored = before.append([numberedBatch(2, 0, 99, noon)]).lastSeq
  before.close()
  const appender = openAppender(running, () => noon)
  for (let n = 1; n <= 40; n++) {
    stored = appender.append([numberedBatch(0, stored, stored + n - 1, noon)]).lastSeq
    appender.merge()
  }
  appender.saveHighWater()
  cpSync(running, copy, { recursive: true, filter: name => !name.endsWith('-shm') })
  appender.close()
  return stored
}

/** True when something was missing. */
function checkDamaged(dir: string, stored: number, what: string): boolean {
  const left = verifyStore(dir).records
  ok(left <= stored, what)
  const appender = openAppender(dir, () => noon)
  const { missing } = appender
  if (left === stored) equal(missing, undefined, what)
  else deepEqual([missing?.firstSeq, missing?.lastSeq], [left + 1, stored], what)
  equal(appender.append([numberedBatch(1, 0, 9, noon)]).lastSeq, stored + 10, what)
  appender.close()
  const { findings, records } = verifyStore(dir)
  equal(records, left + 10, what)
  deepEqual(
    findings.map(({ kind, seq, lastSeq }) => [kind, seq, lastSeq]),
    left === stored ? [] : [['missing', left + 1, stored]],
    what,
  )
  return left < stored
}
