// Main's end of the writer thread.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MessagePort, Worker } from 'node:worker_threads'
import { PicketError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Committed } from '../store/sqlite/append.ts'
import type { RemovalReason } from '../store/sqlite/integrity/chain.ts'
import type { SetAside } from '../store/sqlite/set-aside.ts'
import type { FromWriter, ToWriter, WriterStart } from '../store/sqlite/writer.thread.ts'

export type Writer = {
  /** Resolves when the store is open. Errors: STORE_FAILED. */
  readonly ready: Promise<void>
  /** Gives the writer the port of an intake thread. */
  attach(port: MessagePort): void
  removeDaysBefore(day: string, reason: RemovalReason): void
  /** What keeps the store from writing at this moment, or undefined when all is well. */
  trouble(): string | undefined
  /** Resolves when the thread has ended, however it did: from then on nothing is stored. */
  readonly ended: Promise<void>
  /** Resolves when nothing could be written for so long, counted from this call on. */
  failing(ms: number, signal: AbortSignal): Promise<void>
  /** Resolves when everything that reached the writer is stored and the files are closed. Rejects when the thread broke
   *  while it did that, and with STORE_FAILED when something could not be stored. */
  [Symbol.asyncDispose](): Promise<void>
}

type WriterEvents = {
  readonly onCommitted: (committed: Committed, milliseconds: number) => void
  readonly onFailed: (message: string) => void
  /** At the start: the newest day was too damaged to be written to. */
  readonly onSetAside: (aside: SetAside) => void
  /** What is stored, or the proof of it, is not as it should be. */
  readonly onWarning: (message: string) => void
  /** The thread ended by itself: a bug of ours. The process must not go on without a store. */
  readonly onDied: (error: Error) => void
}

/** How exactly `failing` measures. */
const lookEveryMs = 100

const removedBecause = {
  age: 'removed days older than store.retention',
  size: 'removed the oldest days: the records took more than store.maxBytes',
  disk: 'removed the oldest days: the disk was nearly full (store.whenFull)',
} as const

/** Starts the writer thread; batches may be sent before it is ready. */
export function startWriter(dataDir: string, log: Log, events: WriterEvents): Writer {
  const start: WriterStart = { dataDir }
  const thread = new Worker(join(import.meta.dirname, '../store/sqlite/writer.thread.ts'), {
    workerData: start,
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  })
  const closed = Promise.withResolvers<number>()
  const ended = new Promise<void>(resolve => thread.once('exit', () => resolve()))
  let trouble: string | undefined
  let isClosing = false
  let brokeWhileClosing: unknown

  const ready = Promise.withResolvers<void>()
  thread.on('message', (message: FromWriter) => {
    switch (message.type) {
      case 'ready':
        return ready.resolve()
      case 'committed':
        trouble = undefined
        return events.onCommitted(message.committed, message.milliseconds)
      case 'failed':
        trouble = message.message
        return events.onFailed(message.message)
      case 'setAside':
        return events.onSetAside(message.aside)
      case 'warning':
        return events.onWarning(message.message)
      case 'removed':
        if (message.days.length > 0) log.info({ days: message.days }, removedBecause[message.reason])
        return
      case 'closed':
        return closed.resolve(message.lost)
      default:
        message satisfies never
    }
  })
  thread.on('error', error => {
    ready.reject(
      new PicketError('STORE_FAILED', `cannot open the store in ${dataDir}: ${(error as Error).message}`, {
        cause: error,
      }),
    )
    if (isClosing) brokeWhileClosing = error
    else events.onDied(broken(error as Error))
  })
  ready.promise.catch(() => undefined) // told by `ready`, which is awaited later

  /** What ends the thread at its work is the disk, or a bug. */
  function broken(error: Error): Error {
    return trouble === undefined
      ? error
      : new PicketError('STORE_FAILED', `cannot go on writing to ${dataDir}: ${error.message}`, { cause: error })
  }

  async function failing(ms: number, signal: AbortSignal): Promise<void> {
    for (let failingSince = Number.POSITIVE_INFINITY; ; await sleep(lookEveryMs, undefined, { signal })) {
      failingSince = trouble === undefined ? Number.POSITIVE_INFINITY : Math.min(failingSince, performance.now())
      if (performance.now() - failingSince >= ms) return
    }
  }

  const tell = (message: ToWriter, transfer: MessagePort[] = []): void => thread.postMessage(message, transfer)
  return {
    ready: ready.promise,
    attach: port => tell({ type: 'attach', port }, [port]),
    removeDaysBefore: (day, reason) => tell({ type: 'removeDaysBefore', day, reason }),
    trouble: () => trouble,
    ended,
    failing,
    async [Symbol.asyncDispose]() {
      isClosing = true
      tell({ type: 'close' })
      const lost = await Promise.race([closed.promise, ended])
      await thread.terminate()
      if (brokeWhileClosing !== undefined) throw brokeWhileClosing
      if (lost !== undefined && lost > 0)
        throw new PicketError('STORE_FAILED', `${lost} records that had arrived are lost: ${trouble ?? 'not stored'}`)
    },
  }
}
