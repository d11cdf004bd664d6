// What happens at each level of free space: warning, removal of days, stop, and the way back.
import { deepEqual, equal } from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openDiskReserve } from '../../src/app/disk-reserve.ts'
import { startDiskWatch } from '../../src/app/disk-watch.ts'
import type { OwnRecord } from '../../src/app/own-records.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import type { StoreConfig } from '../../src/config/schema.ts'
import type { DaySize } from '../../src/store/sqlite/day-file.ts'
import { recordLog } from '../receive/recorder.ts'
import { eventually } from './picket.ts'

const MiB = 1 << 20
const GiB = 1024 * MiB
const reserveBytes = 64 * MiB
const lookEveryMs = 5000
const blockBytes = 4096

type Start = {
  readonly totalBytes?: number
  readonly freeBytes: number
  /** Only root may use them. */
  readonly keptForRootBytes?: number
  readonly config?: Partial<StoreConfig>
  readonly days?: readonly DaySize[]
  readonly hasReserve?: boolean
}

/** A watch over a disk of 100 GiB, where a percent is a GiB. The fake reserve takes its room from the fake disk. */
function start(context: TestContext, options: Start) {
  context.mock.timers.enable({ apis: ['setInterval'] })
  context.after(() => context.mock.timers.reset())
  const { totalBytes = 100 * GiB, keptForRootBytes = 0, hasReserve = true } = options
  const disk = { freeBytes: options.freeBytes, fails: false, days: options.days ?? [], hasReserve }
  const time = { ms: 0 }
  const told: boolean[] = []
  const removed: string[] = []
  const records: OwnRecord[] = []
  const log = recordLog()
  const metrics = createMetrics()
  const watch = startDiskWatch({
    config: {
      warnFreePercent: 10,
      stopFreePercent: 5,
      stopFreeBytes: '10GiB',
      whenFull: 'stop',
      neverPruneDays: 7,
      ...options.config,
    },
    statfs() {
      if (disk.fails) throw new Error('EIO')
      const bavail = disk.freeBytes / blockBytes
      const kept = keptForRootBytes / blockBytes
      return { bsize: blockBytes, blocks: totalBytes / blockBytes, bfree: bavail + kept, bavail }
    },
    reserve: {
      sizeBytes: reserveBytes,
      isThere: () => disk.hasReserve,
      make() {
        disk.hasReserve = true
        disk.freeBytes -= reserveBytes
      },
      giveUp() {
        const given = disk.hasReserve ? reserveBytes : 0
        disk.hasReserve = false
        disk.freeBytes += given
        return given
      },
    },
    sizes: () => disk.days,
    writer: { removeDaysBefore: (day, reason) => void removed.push(`${reason} ${day}`) },
    own: { write: record => void records.push(record) },
    metrics,
    clock: { monotonic: () => time.ms },
    log,
  })
  context.after(() => watch[Symbol.dispose]())
  watch.connect(isFull => told.push(isFull))
  function look(freeBytes = disk.freeBytes): void {
    disk.freeBytes = freeBytes
    time.ms += lookEveryMs
    context.mock.timers.tick(lookEveryMs)
  }
  const texts = (): readonly string[] => records.splice(0).map(({ severity, text }) => `${severity} ${text}`)
  return { watch, disk, told, removed, records, texts, log, metrics, look }
}

const low = '4 the disk is nearly full'
const notLow = '5 the disk is not nearly full any more'
const full = '2 the disk is full: receiving has stopped'
const again = '5 the disk has room again: receiving goes on'

test('below 10 % free: one warning, until 11 % are free again', context => {
  const { watch, look, texts, records, log, told } = start(context, { freeBytes: 10 * GiB })
  deepEqual(watch.warnings(), [])
  look(9.95 * GiB)
  deepEqual(records[0]?.values, { free_bytes: 9.95 * GiB, free_percent: 9.9 })
  look(9.9 * GiB)
  look(10.9 * GiB)
  look(9 * GiB)
  deepEqual(texts(), [low], 'once, although it went up and down')
  equal(watch.warnings().length, 1)
  look(11 * GiB)
  deepEqual(texts(), [notLow])
  deepEqual(watch.warnings(), [])
  deepEqual(told, [])
  deepEqual(
    log.lines.map(line => line.replace(/ free_.*/, '')),
    ['the disk is nearly full', 'the disk is not nearly full any more'],
  )
})

test('below 5 % free: receiving stops, the reserve is given up; both come back at 6 %', async context => {
  const { watch, disk, look, texts, told, metrics } = start(context, { freeBytes: 20 * GiB })
  look(5 * GiB)
  deepEqual(told, [])
  look(5 * GiB - blockBytes)
  deepEqual(told, [true])
  deepEqual(texts(), [low, full])
  equal(disk.hasReserve, false)
  equal(watch.trouble(), 'the disk is full: receiving has stopped')
  equal((await metrics.print()).includes('\npicket_disk_full 1\n'), true)
  look(5.9 * GiB)
  deepEqual(told, [true])
  equal(disk.hasReserve, false)
  look(6 * GiB + reserveBytes)
  deepEqual(told, [true, false])
  deepEqual(texts(), [again])
  equal(disk.hasReserve, true)
  equal(disk.freeBytes, 6 * GiB)
  equal(watch.trouble(), undefined)
  equal(watch.warnings().length, 1, 'still nearly full')
  equal((await metrics.print()).includes('\npicket_disk_full 0\n'), true)
})

test('the room that the reserve gave does not count as room: on a small disk it is more than the way back', context => {
  const { disk, look, told, texts } = start(context, { totalBytes: 400 * MiB, freeBytes: 100 * MiB })
  look(19 * MiB)
  equal(disk.freeBytes, 83 * MiB)
  look()
  look()
  deepEqual(told, [true])
  deepEqual(texts(), [low, full])
  look(88 * MiB)
  deepEqual(told, [true, false])
  equal(disk.freeBytes, 24 * MiB)
})

test('a huge disk is not stopped while stopFreeBytes are free', context => {
  const { look, told } = start(context, { totalBytes: 20_000 * GiB, freeBytes: 900 * GiB })
  look(10 * GiB)
  deepEqual(told, [])
  look(10 * GiB - blockBytes)
  deepEqual(told, [true])
  look(12 * GiB)
  deepEqual(told, [true])
  look(12 * GiB + reserveBytes)
  deepEqual(told, [true, false])
})

test('what only root may use is not part of the disk', context => {
  const { look, told } = start(context, { totalBytes: 105 * GiB, keptForRootBytes: 5 * GiB, freeBytes: 5 * GiB })
  deepEqual(told, [])
  look(5 * GiB - blockBytes)
  deepEqual(told, [true])
})

test('full at the start: the intake is told as soon as it runs', context => {
  const { told, texts, disk } = start(context, { freeBytes: GiB })
  deepEqual(told, [true])
  deepEqual(texts(), [low, full])
  equal(disk.freeBytes, GiB + reserveBytes)
})

test('there is no reserve where it would take the last room', context => {
  const { disk, look, told } = start(context, { totalBytes: GiB, freeBytes: 100 * MiB, hasReserve: false })
  equal(disk.hasReserve, false)
  look(50 * MiB)
  look(62 * MiB)
  deepEqual(told, [true, false], 'it gave nothing, so nothing has to come back')
  look(126 * MiB)
  equal(disk.hasReserve, true)
})

test('a disk that cannot be asked changes nothing, and is told of once', context => {
  const { disk, look, told, log } = start(context, { freeBytes: 20 * GiB })
  disk.fails = true
  look(GiB)
  look()
  deepEqual(told, [])
  equal(log.lines.filter(line => line.startsWith('cannot tell how full the disk is')).length, 1)
  disk.fails = false
  look()
  deepEqual(told, [true])
})

const days = (count: number): readonly DaySize[] =>
  Array.from({ length: count }, (_, n) => ({ day: `202611${String(n + 1).padStart(2, '0')}`, bytes: GiB / 2 }))

test('prune_oldest: as many of the oldest days as are needed go before it comes to the stop', context => {
  const config = { whenFull: 'prune_oldest' } as const
  const { disk, look, told, removed, texts } = start(context, { freeBytes: 20 * GiB, config, days: days(20) })
  look(6 * GiB)
  deepEqual(removed, [])
  look(5.2 * GiB)
  deepEqual(removed.splice(0), ['disk 20261103'], 'two days give a GiB')
  deepEqual(texts(), [low, '4 the disk is nearly full: the oldest days are removed'])
  look(5.1 * GiB)
  deepEqual(removed, [], 'a search may still read them, so their room comes later')
  disk.days = days(20).slice(2)
  for (let n = 0; n < 12; n++) look(5.9 * GiB)
  deepEqual(removed, ['disk 20261104'])
  deepEqual(told, [])
})

test('prune_oldest: the newest days stay, and it comes to the stop', context => {
  const config = { whenFull: 'prune_oldest', neverPruneDays: 3 } as const
  const { disk, look, told, removed, log } = start(context, { freeBytes: 2 * GiB, config, days: days(5) })
  deepEqual(removed, ['disk 20261103'], 'more would be needed')
  deepEqual(told, [true])
  disk.days = days(5).slice(2)
  for (let n = 0; n < 40; n++) look()
  deepEqual(removed, ['disk 20261103'])
  equal(log.lines.filter(line => line.includes('no day that may be removed')).length, 1)
})

test('without prune_oldest no day ever goes', context => {
  const { look, removed } = start(context, { freeBytes: GiB, days: days(90) })
  for (let n = 0; n < 40; n++) look()
  deepEqual(removed, [])
})

test('the reserve is really allocated, made once, and given up also while it is being made', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'picket-reserve-'))
  try {
    const path = join(dir, 'reserve')
    const log = recordLog()
    await using reserve = openDiskReserve(dir, log, 3 * MiB)
    writeFileSync(path, 'what a crash left')
    equal(reserve.isThere(), false)
    reserve.make()
    await eventually(() => reserve.isThere() || undefined, 'the reserve')
    equal(statSync(path).size, 3 * MiB)
    equal(statSync(path).blocks * 512 >= 3 * MiB, true)
    const { ino, mtimeMs } = statSync(path)
    reserve.make()
    deepEqual([statSync(path).ino, statSync(path).mtimeMs], [ino, mtimeMs])
    equal(reserve.giveUp() >= 3 * MiB, true)
    equal(existsSync(path), false)
    reserve.make()
    reserve.giveUp()
    await reserve[Symbol.asyncDispose]()
    equal(existsSync(path), false)
    deepEqual(log.lines, [])
  } finally {
    rmSync(dir, { recursive: true })
  }
})
