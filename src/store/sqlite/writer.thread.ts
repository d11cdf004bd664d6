// The writer thread: batches from the intake threads → committed → told to both ends. The only thread that writes records.
//
//   intake ──port──► queue ──one transaction for all that waits──► day file
//     ▲                                                               │
//     └──────────── committed (RELP answers, credit) ◄────────────────┴──► main (alerting, tail, metrics)
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { faultPoint } from '../../base/fault-point.ts'
import { type Batch, type Committed, openAppender } from './append.ts'
import type { RemovalReason } from './integrity/chain.ts'
import { isDiskFailure } from './reopen.ts'
import type { SetAside } from './set-aside.ts'

export type WriterStart = { readonly dataDir: string }

/** main → writer. `attach` gives the port of an intake thread. */
export type ToWriter =
  | { readonly type: 'attach'; readonly port: MessagePort }
  | { readonly type: 'removeDaysBefore'; readonly day: string; readonly reason: RemovalReason }
  | { readonly type: 'close' }

/** intake → writer, on the intake's own port; arrays transferred. */
export type FromIntake = { readonly type: 'append'; readonly batch: Batch }

/** writer → intake: one answer per batch, in order. */
export type ToIntake = { readonly type: 'stored'; readonly batches: number }

/** writer → main. */
export type FromWriter =
  | { readonly type: 'ready' }
  | { readonly type: 'committed'; readonly committed: Committed; readonly milliseconds: number }
  | { readonly type: 'failed'; readonly message: string }
  /** The newest day was too damaged to be written to, and goes on in a new file. */
  | { readonly type: 'setAside'; readonly aside: SetAside }
  /** What concerns the proof of what is stored, not the storing. */
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'removed'; readonly days: readonly string[]; readonly reason: RemovalReason }
  /** `lost` records had arrived and could not be stored. */
  | { readonly type: 'closed'; readonly lost: number }

/** More would make one transaction, and the wait of the batches behind it, long. */
const maxBatchesPerCommit = 64
const retryAfterMs = 1000
/** After a failure of the disk the file is opened anew; when that, or writing then, fails, once more after this pause. Who
 *  cannot tell any more what is on the disk must not go on: the process ends and is started again. */
const secondReopenAfterMs = 5000
const maxReopens = 2
/** How much of the end may be cut off without a trace when Picket does not stop by itself. */
const markEveryMs = 1000
/** The chain shows at least so often that Picket was there. */
const heartbeatMs = 60_000
/** What is younger can be rewritten by who takes this machine over, key or not. */
const sealEveryMs = 300_000
/** Whoever had a day open when it was over lets go of it some time. */
const restEveryMs = 600_000

if (parentPort === null) throw new Error('BUG: writer.thread.ts runs as a worker thread')
const main = parentPort
const { dataDir } = workerData as WriterStart
const appender = openAppender(dataDir)
const queue: { readonly batch: Batch; readonly from: MessagePort }[] = []
let isScheduled = false
let isFailing = false
/** Rounds that the disk failed in a row. */
let diskFailures = 0
let lastLinkAt = performance.now()
let lastSealAt = performance.now()
let lastRestAt = performance.now()
let canMark = true
const marking = setInterval(mark, markEveryMs)

main.on('message', (message: ToWriter) => {
  switch (message.type) {
    case 'attach':
      message.port.on('message', ({ batch }: FromIntake) => {
        queue.push({ batch, from: message.port })
        schedule()
      })
      return
    case 'removeDaysBefore':
      return removeDaysBefore(message.day, message.reason)
    case 'close':
      return close()
    default:
      message satisfies never
  }
})
if (appender.aside !== undefined) tell({ type: 'setAside', aside: appender.aside })
else if (appender.missing !== undefined) {
  const { firstSeq, lastSeq } = appender.missing
  const count = lastSeq - firstSeq + 1
  tell({
    type: 'warning',
    message: `${count} records that were stored (${firstSeq} to ${lastSeq}) are not there any more: was an older copy put back, or the end cut off? \`picket verify\` has the details`,
  })
}
tell({ type: 'ready' })

function tell(message: FromWriter): void {
  main.postMessage(message)
}

/** Lets every batch that has already arrived join the next transaction. */
function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  setImmediate(runScheduled)
}

/** Until then nothing is tried: what arrives meanwhile waits too. */
function scheduleAfter(ms: number): void {
  isScheduled = true
  setTimeout(runScheduled, ms)
}

function runScheduled(): void {
  isScheduled = false
  commit()
}

function commit(): void {
  const round = queue.slice(0, maxBatchesPerCommit)
  if (round.length === 0) return
  const startedAt = performance.now()
  try {
    const committed = appender.append(round.map(item => item.batch))
    faultPoint('after-commit-before-answer')
    isFailing = false
    diskFailures = 0
    lastLinkAt = performance.now()
    answer(queue.splice(0, committed.batches))
    const message: FromWriter = { type: 'committed', committed, milliseconds: performance.now() - startedAt }
    main.postMessage(
      message,
      committed.sources.map(({ counts }) => counts.numbers.buffer),
    )
  } catch (error) {
    // nothing is given up: the batches wait here, the intake stops reading when its credit is used up
    tell({ type: 'failed', message: (error as Error).message })
    isFailing = true
    if (isDiskFailure(error) && ++diskFailures > maxReopens) throw givingUp(error as Error)
    scheduleAfter(diskFailures === maxReopens ? secondReopenAfterMs : retryAfterMs)
    return
  }
  if (queue.length > 0) schedule()
  else mergeWhenIdle()
}

/** Ends the thread, and with it the process. */
function givingUp(cause: Error): Error {
  return new Error(
    `the disk failed again after the file was opened anew (${cause.message}); ${waitingRecords()} records that had arrived are lost`,
    { cause },
  )
}

function waitingRecords(): number {
  return queue.reduce((sum, { batch }) => sum + batch.block.count, 0)
}

function answer(round: readonly { readonly from: MessagePort }[]): void {
  for (const from of new Set(round.map(item => item.from))) {
    const message: ToIntake = { type: 'stored', batches: round.filter(item => item.from === from).length }
    from.postMessage(message)
  }
}

/** Once a second: how far the store is, a heartbeat when nothing comes, and now and then a seal, and rest for old days. */
function mark(): void {
  try {
    if (performance.now() - lastLinkAt >= heartbeatMs && queue.length === 0) {
      lastLinkAt = performance.now()
      appender.heartbeat()
    }
    if (performance.now() - lastSealAt >= sealEveryMs) {
      lastSealAt = performance.now()
      appender.seal()
    }
    if (performance.now() - lastRestAt >= restEveryMs) {
      lastRestAt = performance.now()
      appender.restDays()
    }
    appender.saveHighWater()
    canMark = true
  } catch (error) {
    if (canMark) tell({ type: 'warning', message: `cannot note how far the store is: ${(error as Error).message}` })
    canMark = false
  }
}

function mergeWhenIdle(): void {
  try {
    appender.merge()
  } catch (error) {
    tell({ type: 'failed', message: `cannot merge small blocks: ${(error as Error).message}` })
  }
}

function removeDaysBefore(day: string, reason: RemovalReason): void {
  try {
    tell({ type: 'removed', days: appender.removeDaysBefore(day, reason), reason })
  } catch (error) {
    tell({ type: 'failed', message: `cannot remove old days: ${(error as Error).message}` })
  }
}

function close(): void {
  while (queue.length > 0 && !isFailing) commit()
  clearInterval(marking)
  appender.close()
  tell({ type: 'closed', lost: waitingRecords() })
  main.close()
}
