// Every single bit of a data folder is flipped and flipped back: `picket verify` finds it, or everything that is read is as
// before, or refused. Child processes do it (bit-flipper.ts), each in a copy of its own: damage may end a process.
import { deepEqual, equal } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Database from 'better-sqlite3'
import { createBatchBuilder } from '../../src/app/batch-builder.ts'
import { dayOf, type Origin } from '../../src/model/row.ts'
import { type Batch, openAppender } from '../../src/store/sqlite/append.ts'
import { dayPath, listDays } from '../../src/store/sqlite/day-file.ts'
import { startRatchet } from '../../src/store/sqlite/integrity/ratchet.ts'
import { bitsOf, type FlipPlan, type FlipTally } from './bit-flipper.ts'
import { makeScratch } from './scratch.ts'

export type FlipOptions = {
  readonly records: number
  /** Pages of 512 bytes instead of 16 KiB leave little unused space: each bit of such a folder can be tried. */
  readonly pageBytes: number
  /** So many bits, evenly spread over all files; without it every bit, but one of each byte that SQLite leaves unused. */
  readonly flips?: number
  readonly processes: number
}

export type FlipFigures = FlipTally & { readonly bytes: number; readonly bits: number }

/** Flips, and prints what became of it. Throws when a flip changed what is read and nothing told of it. */
export async function flipBits(
  options: FlipOptions,
  log: (line: string) => void = () => undefined,
): Promise<FlipFigures> {
  const base = makeScratch('flips')
  try {
    const dataDir = join(base, 'data')
    const sealKey = makeStore(dataDir, options)
    const { all, tried } = bitsOf(dataDir)
    const flips = Math.min(options.flips ?? tried, tried)
    log(`${all / 8} bytes, ${options.records} records: ${flips} of ${tried} bits are tried`)
    const tallies = await Promise.all(
      Array.from({ length: options.processes }, async (_, index) => {
        const copy = join(base, `copy-${index}`)
        cpSync(dataDir, copy, { recursive: true })
        return await runFlipper({
          dataDir: copy,
          sealKey: sealKey.toString('hex'),
          flips,
          index,
          of: options.processes,
        })
      }),
    )
    const tally = tallies.reduce(addTallies)
    for (const line of tableOf(tally)) log(line)
    equal(tally.flips, flips)
    deepEqual(tally.silent, [], 'changed what is read, and nobody told')
    return { ...tally, bytes: all / 8, bits: tried }
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

const noon = Date.UTC(2026, 10, 23, 12)
const dayMs = 86_400_000
const origin: Origin = { peer: '192.0.2.7', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' }

/** Two days: one that is over, with its manifest, and one with sealed and unsealed blocks; hits, seals, the lot. */
function makeStore(dataDir: string, { records, pageBytes }: FlipOptions): Buffer {
  mkdirSync(dataDir)
  const { key } = startRatchet(dataDir, { again: false })
  let now = noon
  const appender = openAppender(dataDir, () => now)
  const blockRecords = Math.ceil(records / 8)
  let n = 0
  for (let block = 0; block < 8; block++) {
    if (block === 4) now += dayMs
    appender.append([makeBatch(n, (n += blockRecords), now, { full: block !== 1 && block < 6 })])
    if (block % 3 === 2) appender.seal()
    appender.saveHighWater()
    now += 60_000
  }
  appender.close()
  for (const day of listDays(dataDir)) {
    const db = new Database(dayPath(dataDir, day))
    db.pragma(`page_size = ${pageBytes}`)
    db.exec('VACUUM')
    db.close()
  }
  return key
}

function makeBatch(from: number, to: number, receivedAt: number, { full }: { readonly full: boolean }): Batch {
  const builder = createBatchBuilder([])
  const hits: Batch['hits'][number][] = []
  for (let n = from; n < to; n++) {
    // part of it cannot be compressed, as with real addresses and session ids
    const word = createHash('sha256').update(String(n)).digest('hex').slice(0, 40)
    const frame = Buffer.from(`<${8 + (n % 8)}>Nov 23 12:00:00 host${n % 3} app[${n}]: user u${n % 5} session ${word}`)
    builder.take(frame, 0, frame.length, receivedAt + n, origin)
    if ((n - from) % 25 === 0) hits.push({ row: n - from, ruleIds: ['flipped'] })
  }
  const { day, block } = builder.batch(dayOf(receivedAt))
  return { day, block: { ...block, full }, hits }
}

async function runFlipper(plan: FlipPlan): Promise<FlipTally> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bit-flipper.ts'), JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null]
  equal(code, 0, `a flip ended the process (${signal ?? code}): ${errors}`)
  return JSON.parse(output) as FlipTally
}

function addTallies(a: FlipTally, b: FlipTally): FlipTally {
  const sum = (x: FlipTally['harmless'], y: FlipTally['harmless']): FlipTally['harmless'] => {
    const added = { ...x }
    for (const [name, count] of Object.entries(y)) added[name] = (added[name] ?? 0) + count
    return added
  }
  return {
    flips: a.flips + b.flips,
    found: a.found + b.found,
    foundDeep: a.foundDeep + b.foundDeep,
    refused: sum(a.refused, b.refused),
    harmless: sum(a.harmless, b.harmless),
    unsealed: sum(a.unsealed, b.unsealed),
    silent: [...a.silent, ...b.silent],
  }
}

function tableOf({ flips, found, foundDeep, refused, harmless, unsealed, silent }: FlipTally): readonly string[] {
  const row = (count: number, what: string): string =>
    `${String(count).padStart(9)} ${((100 * count) / flips).toFixed(2).padStart(6)} %  ${what}`
  const rows = (counts: Readonly<Record<string, number>>, what: string): readonly string[] =>
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, count]) => row(count, `${what}: ${name}`))
  return [
    row(flips, 'flips'),
    row(found, 'found by verify'),
    row(foundDeep, 'found by verify --deep only'),
    ...rows(refused, 'not found, but refused when read'),
    ...rows(harmless, 'harmless'),
    ...rows(unsealed, 'changed, and not sealed by the chain'),
    row(silent.length, 'silent'),
  ]
}
