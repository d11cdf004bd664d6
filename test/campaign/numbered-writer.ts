// A program that appends numbered batches as fast as the disk takes them, and writes into a file elsewhere what it was told
// is stored: node numbered-writer.ts DATA_DIR ACK_FILE '{"rollEvery":60}'. It goes on where the life before it ended.
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { dayOf } from '../../src/model/row.ts'
import { openAppender } from '../../src/store/sqlite/append.ts'
import { listDays } from '../../src/store/sqlite/day-file.ts'
import { printSealKey, startRatchet } from '../../src/store/sqlite/integrity/ratchet.ts'
import { isDiskFailure } from '../../src/store/sqlite/reopen.ts'
import { numberedBatch, readAcknowledged } from './numbered.ts'

export type WriterPlan = {
  /** Ends by itself, with a clean close, after so many commits; 0 goes on until it is killed. */
  readonly commits?: number
  /** A new day after so many commits (0: never), and days older than `keepDays` go. */
  readonly rollEvery?: number
  readonly keepDays?: number
  readonly sealEvery?: number
  /** After how many commits ack.hwm is written. */
  readonly markEvery?: number
  /** Lets SQLite sync as better-sqlite3 does by default: the control, which must lose rows in a power cut. */
  readonly synchronousNormal?: boolean
}

const [, , dataDir = '', ackFile = '', planText = '{}'] = process.argv
const plan = JSON.parse(planText) as WriterPlan
const { commits = 0, rollEvery = 60, keepDays = 3, sealEvery = 25, markEvery = 5 } = plan
const dayMs = 86_400_000
const firstNoon = Date.UTC(2026, 10, 23, 12)
const maxDiskFailures = 2

if (plan.synchronousNormal === true) {
  const { pragma } = Database.prototype
  Database.prototype.pragma = function (this: InstanceType<typeof Database>, text, options) {
    return pragma.call(this, text === 'synchronous = FULL' ? 'synchronous = NORMAL' : text, options)
  }
}

const before = readAcknowledged(ackFile)
const run = before.runs
const note = (line: string): void => appendFileSync(ackFile, `${line}\n`)
let now = Math.max(firstNoon, noonOf(before.ranges.at(-1)?.day), noonOf(listDays(dataDir).at(-1)))
note(`b ${run}`)
const appender = openAppender(dataDir, () => now)
if (sealEvery > 0 && !existsSync(join(dataDir, 'seal.key')))
  note(`k ${printSealKey(startRatchet(dataDir, { again: false }))}`)

let next = 0
for (let commit = 1; commits === 0 || commit <= commits; commit++) {
  const batches = batchesOf(commit)
  const from = next - batches.reduce((sum, batch) => sum + batch.block.count, 0)
  const day = dayOf(now)
  retrying(() => appender.append(batches))
  note(`a ${day} ${run} ${from} ${next - 1}`)
  if (commit % markEvery === 0) retrying(() => appender.saveHighWater())
  if (sealEvery > 0 && commit % sealEvery === 0) retrying(() => appender.seal())
  if (commit % 10 === 0) retrying(() => appender.heartbeat())
  while (retrying(() => appender.merge()));
  if (rollEvery === 0 || commit % rollEvery !== 0) continue
  now += dayMs
  const keepFrom = dayOf(now - keepDays * dayMs)
  note(`x ${keepFrom}`)
  retrying(() => appender.removeDaysBefore(keepFrom, 'age'))
}
appender.close()

/** Mostly small batches, two in a transaction now and then, and a whole block now and then. */
function batchesOf(commit: number): ReturnType<typeof numberedBatch>[] {
  const sizes = commit % 37 === 5 ? [8192] : commit % 7 === 3 ? [3, 40] : [1 + (commit % 23)]
  return sizes.map(size => {
    next += size
    return numberedBatch(run, next - size, next - 1, now)
  })
}

/** As the writer thread does it: the same batches again; after the disk failed three times in a row, the end. */
function retrying<T>(step: () => T): T {
  for (let failures = 0; ; ) {
    try {
      return step()
    } catch (error) {
      if (isDiskFailure(error) && ++failures > maxDiskFailures) {
        console.error(`gave up: ${(error as Error).message}`)
        process.exit(4)
      }
    }
  }
}

function noonOf(day: string | undefined): number {
  return day === undefined
    ? 0
    : Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)), 12)
}
