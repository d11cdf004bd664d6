// Looks at the free space of the data folder: warns while there is time, removes the oldest days if it may, and stops the
// receiving before the disk is so full that nothing can be written any more. Runs in main.
//
//   free space   ──── warnFreePercent ────────── resume ────────── stop ──────────► 0
//                      warning, record       (prune_oldest)    the reserve is given up,
//                                                              senders wait, datagrams are counted
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { bytesOf } from '../config/amounts.ts'
import type { StoreConfig } from '../config/schema.ts'
import type { DaySize } from '../store/sqlite/day-file.ts'
import type { DiskReserve } from './disk-reserve.ts'
import type { OwnRecords } from './own-records.ts'
import type { Writer } from './writer.ts'

export type DiskWatch = Disposable & {
  /** What keeps Picket from receiving, or undefined while there is room. */
  trouble(): string | undefined
  /** Sentences for the person in charge. */
  warnings(): readonly string[]
  /** The intake runs: it is told whether the disk is full, now when it is and then at each change. From now on there is a
   *  reserve, when there is room for it. */
  connect(setDiskFull: (isFull: boolean) => void): void
}

type DiskWatchOptions = {
  readonly config: Pick<
    StoreConfig,
    'warnFreePercent' | 'stopFreePercent' | 'stopFreeBytes' | 'whenFull' | 'neverPruneDays'
  >
  /** The file system of the data folder, as statfs(2) tells it. */
  readonly statfs: () => FileSystem
  readonly reserve: Pick<DiskReserve, 'sizeBytes' | 'make' | 'isThere' | 'giveUp'>
  /** The days that are stored, oldest first. */
  readonly sizes: () => readonly DaySize[]
  readonly writer: Pick<Writer, 'removeDaysBefore'>
  readonly own: Pick<OwnRecords, 'write'>
  readonly metrics: Pick<Metrics, 'set'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Log
}

/** Blocks: all of them, those that are free, and those of them that this account may use. */
type FileSystem = { readonly bsize: number; readonly blocks: number; readonly bfree: number; readonly bavail: number }

/** A sender at full speed, 100 MB/s, writes 500 MB until the next look: less than what the stop leaves on usual disks. */
const lookEveryMs = 5000
/** A removed day gives its room back when the last search that reads it has ended; until then no more days go. */
const pruneEveryMs = 60_000

const fullText = 'the disk is full: receiving has stopped'
const lowText = 'the disk is nearly full'

/** Starts the looks; the first one is now. */
export function startDiskWatch(options: DiskWatchOptions): DiskWatch {
  const { config, statfs, reserve, sizes, writer, own, metrics, clock, log } = options
  const stopFreeBytes = bytesOf(config.stopFreeBytes)
  let tellIntake: ((isFull: boolean) => void) | undefined
  let isLow = false
  let isFull = false
  /** What the reserve gave at the stop; receiving goes on when there is room for it again. */
  let givenBytes = 0
  let prunedAt = Number.NEGATIVE_INFINITY
  let canTellOfDays = true
  let canTellOfFailure = true

  function look(): void {
    const space = measure()
    if (space === undefined) return
    const { total, free } = space
    const stopBelow = Math.min((total * config.stopFreePercent) / 100, stopFreeBytes)
    // one percentage point more, or as large a part of stopFreeBytes
    const resumeFrom = (stopBelow * (config.stopFreePercent + 1)) / config.stopFreePercent
    const facts = { free_bytes: free, free_percent: Math.floor((1000 * free) / total) / 10 }

    const room = free - givenBytes
    const lacking = resumeFrom - room
    const warnBelow = (total * (isLow ? config.warnFreePercent + 1 : config.warnFreePercent)) / 100

    setLow(isFull || room < warnBelow, facts)
    if (config.whenFull === 'prune_oldest' && lacking > 0) prune(lacking)
    if (!isFull && free < stopBelow) stop(facts)
    else if (isFull && lacking <= 0) resume(facts)
    if (tellIntake !== undefined && !isFull && !reserve.isThere() && free - reserve.sizeBytes >= resumeFrom)
      reserve.make()
  }

  function measure(): { readonly total: number; readonly free: number } | undefined {
    try {
      const { bsize, blocks, bfree, bavail } = statfs()
      canTellOfFailure = true
      // what only root may use counts as neither free nor used, as in df(1)
      return { total: (blocks - bfree + bavail) * bsize, free: bavail * bsize }
    } catch (error) {
      if (canTellOfFailure) log.error({ err: error }, 'cannot tell how full the disk is')
      canTellOfFailure = false
      return undefined
    }
  }

  function prune(lackingBytes: number): void {
    if (clock.monotonic() - prunedAt < pruneEveryMs) return
    const days = sizes()
    const firstKept = firstKeptOf(days, lackingBytes, config.neverPruneDays)
    if (firstKept === undefined) {
      if (canTellOfDays)
        log.warn({ neverPruneDays: config.neverPruneDays }, `${lowText}, and there is no day that may be removed`)
      canTellOfDays = false
      return
    }
    canTellOfDays = true
    prunedAt = clock.monotonic()
    const count = days.findIndex(({ day }) => day === firstKept)
    const values = { days: count, oldest: days[0]?.day, kept_from: firstKept }
    own.write({ subject: 'DISK', severity: 4, text: `${lowText}: the oldest days are removed`, values })
    writer.removeDaysBefore(firstKept, 'disk')
  }

  function stop(facts: Facts): void {
    isFull = true
    givenBytes = reserve.giveUp()
    metrics.set('picket_disk_full', {}, 1)
    tellIntake?.(true)
    log.error(facts, `${fullText}; senders by TCP and RELP wait, datagrams are thrown away and counted`)
    own.write({ subject: 'DISK', severity: 2, text: fullText, values: facts })
  }

  function resume(facts: Facts): void {
    isFull = false
    givenBytes = 0
    metrics.set('picket_disk_full', {}, 0)
    tellIntake?.(false)
    const text = 'the disk has room again: receiving goes on'
    log.info(facts, text)
    own.write({ subject: 'DISK', severity: 5, text, values: facts })
  }

  function setLow(low: boolean, facts: Facts): void {
    if (low === isLow) return
    isLow = low
    if (low) {
      log.warn(facts, lowText)
      own.write({ subject: 'DISK', severity: 4, text: lowText, values: facts })
    } else {
      const text = 'the disk is not nearly full any more'
      log.info(facts, text)
      own.write({ subject: 'DISK', severity: 5, text, values: facts })
    }
  }

  metrics.set('picket_disk_full', {}, 0)
  look()
  const timer = setInterval(look, lookEveryMs).unref()
  return {
    trouble: () => (isFull ? fullText : undefined),
    warnings() {
      if (isFull)
        return [
          'The disk is full: receiving has stopped. Senders by TCP and RELP wait; datagrams are thrown away and counted. Make room, and it goes on by itself.',
        ]
      return isLow ? ['The disk of the data folder is nearly full: make room or shorten store.retention.'] : []
    },
    connect(setDiskFull) {
      tellIntake = setDiskFull
      if (isFull) setDiskFull(true)
      look()
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

type Facts = { readonly free_bytes: number; readonly free_percent: number }

/** The first day that stays when the oldest ones go until they give so many bytes; undefined when none may go. The days
 *  that are never removed are the newest ones that are stored: a wrong clock cannot make them old. */
function firstKeptOf(days: readonly DaySize[], lackingBytes: number, neverPruneDays: number): string | undefined {
  const most = days.length - neverPruneDays
  let count = 0
  for (let bytes = 0; count < most && bytes < lackingBytes; count++) bytes += days[count]?.bytes ?? 0
  return count > 0 ? days[count]?.day : undefined
}
