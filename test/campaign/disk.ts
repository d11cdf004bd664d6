// A disk that fails at some call of write or fsync, once, ten times or for good, and is well afterwards: what was stored is
// stored, and the program either goes on by itself or ends with a failure and goes on when it is started again.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { verifyStore } from '../../src/store/sqlite/integrity/verify.ts'
import { eventually, sendTcp, startPicket } from '../app/picket.ts'
import { makeScratch } from './scratch.ts'
import { createShim, EIO, ENOSPC, type Fault } from './shim.ts'
import { createLab } from './writer-process.ts'

type DiskFigures = {
  readonly fault: string
  readonly runs: number
  readonly hit: number
  readonly wentOn: number
  readonly ended: number
  readonly acknowledged: number
  readonly lost: number
}

const kinds: readonly (Pick<Fault, 'operation' | 'value' | 'count'> & { readonly fault: string })[] = [
  ...[1, 10, -1].flatMap(count => [
    { fault: `EIO at write, ${times(count)}`, operation: 'write' as const, value: EIO, count },
    { fault: `EIO at fsync, ${times(count)}`, operation: 'fsync' as const, value: EIO, count },
  ]),
  { fault: 'disk full, 10 times', operation: 'write', value: ENOSPC, count: 10 },
  { fault: 'short write, 10 times', operation: 'short', value: 0, count: 10 },
  { fault: 'fsync takes 50 ms, 20 times', operation: 'slow', value: 50, count: 20 },
]

/** Fails the disk of a writing program, once per place in `skips` (calls that pass before) and kind of fault. */
export async function failDisk(
  skips: readonly number[],
  log: (line: string) => void = () => undefined,
): Promise<readonly DiskFigures[]> {
  const shim = createShim()
  const figures: DiskFigures[] = []
  for (const { fault, operation, value, count } of kinds) {
    const sum = { fault, runs: 0, hit: 0, wentOn: 0, ended: 0, acknowledged: 0, lost: 0 }
    for (const skip of skips) {
      using lab = createLab()
      shim.set({ operation, skip, count, value, match: '/records/' })
      const failed = await lab.run({ commits: 130, rollEvery: 40 }, shim.env)
      if (shim.hits() > 0) sum.hit++
      shim.heal()
      const what = `${fault} after ${skip} calls`
      ok(failed.code === 0 || (failed.code === 4 && failed.errors.includes('gave up')), `${what}: ${failed.errors}`)
      if (failed.code === 0) sum.wentOn++
      else sum.ended++
      const again = await lab.run({ commits: 20, rollEvery: 40 })
      equal(again.code, 0, `${what}, started again: ${again.errors}`)
      const { acknowledged, lost, verification } = lab.check()
      deepEqual(verification.findings, [], what)
      equal(lost, 0, `${what}: acknowledged and lost`)
      sum.runs++
      sum.acknowledged += acknowledged
      sum.lost += lost
    }
    if (count === 1) equal(sum.ended, 0, `${fault}: a single fault is survived`)
    figures.push(sum)
    log(JSON.stringify(sum))
  }
  return figures
}

/** The service itself: an fsync that fails for good ends it, one that fails once does not. Resolves to its exit code. */
export async function failService(): Promise<{ readonly code: number | null; readonly stored: number }> {
  const dataDir = makeScratch('disk')
  const shim = createShim()
  try {
    await using picket = await startPicket({ dataDir, env: shim.env })
    await sendTcp(picket.tcp, lines('before', 100))
    await stored(picket.web, 100)
    shim.set({ operation: 'fsync', count: 1, value: EIO, match: '.db-wal' })
    await sendTcp(picket.tcp, lines('once', 100))
    await stored(picket.web, 200)
    ok(shim.hits() > 0)
    ok(picket.log.some(({ msg }) => msg.includes('the store cannot write')))
    shim.set({ operation: 'fsync', count: -1, value: EIO, match: '.db' })
    await sendTcp(picket.tcp, lines('never', 100))
    if (picket.process.exitCode === null) await once(picket.process, 'exit')
    const code = picket.process.exitCode
    deepEqual(verifyStore(dataDir).findings, [])
    const { records } = verifyStore(dataDir)
    ok(records >= 200, `${records} of 200`)
    return { code, stored: records }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** SIGTERM while the disk is full: ends all the same, and says what was lost. Resolves to its exit code and last words. */
export async function stopWhileFull(): Promise<{ readonly code: number | null; readonly said: string }> {
  const dataDir = makeScratch('disk')
  const shim = createShim()
  try {
    await using picket = await startPicket({ dataDir, env: shim.env })
    let said = ''
    picket.process.stderr?.on('data', data => (said += String(data)))
    shim.set({ operation: 'write', count: -1, value: ENOSPC, match: '/records/' })
    await sendTcp(picket.tcp, lines('waiting', 100))
    await eventually(() => picket.log.find(({ msg }) => msg.includes('the store cannot write')), 'the store fails')
    const code = await picket.stop()
    match(said, /\d+ records that had arrived are lost/)
    shim.heal()
    deepEqual(verifyStore(dataDir).findings, [])
    return { code, said }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : count < 0 ? 'for good' : `${count} times`
}

function lines(word: string, count: number): string {
  return Array.from({ length: count }, (_, n) => `<13>Nov 23 12:00:00 h app: ${word} ${n}\n`).join('')
}

async function stored(web: string, records: number): Promise<void> {
  await eventually(async () => {
    const text = await (await fetch(`${web}/metrics`)).text()
    return Number(/^picket_records_stored_total (\d+)$/m.exec(text)?.[1] ?? 0) >= records || undefined
  }, `${records} records are stored`)
}
