// Main's end of one intake thread: starts it, keeps its counters, stops it so that nothing that arrived is lost.
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { PicketError } from '../base/errors.ts'
import type { LogLevel } from '../base/log.ts'
import type { RuleSource } from '../detect/rules.ts'
import type { TlsSettings } from '../receive/tls-handshakes.ts'
import type { Account, FromIntakeThread, IntakeStart, ListenerState, ToIntakeThread } from './messages.ts'
import type { Writer } from './writer.ts'

export type IntakeWorker = {
  /** As they were told last, at most a second ago. */
  listeners(): readonly ListenerState[]
  accounts(): readonly Account[]
  /** Records received and not yet stored. */
  waitingRecords(): number
  useRules(rules: readonly RuleSource[]): void
  /** New TLS connections meet these certificates; open ones stay as they are. */
  useTls(settings: TlsSettings): void
  setLogLevel(level: LogLevel): void
  /** While the disk is full nothing is taken from senders: those on streams wait, datagrams are counted. */
  setDiskFull(isFull: boolean): void
  /** Stores a frame that Picket wrote itself. Nothing happens once it stops. */
  takeOwnFrame(text: string): void
  /** Stops accepting; resolves when everything that arrived is stored, or the writer cannot store it, or the writer or the
   *  thread is no more. Rejects when the thread broke while it did that. */
  [Symbol.asyncDispose](): Promise<void>
}

/** At the end a disk that cannot be written is waited for so long; what waits for it then is lost, and told of. */
const waitForDiskMs = 10_000

type WorkerOptions = {
  readonly writer: Writer
  /** The thread has told its counters. */
  readonly onCounters: () => void
  /** The thread ended by itself: a bug of ours. */
  readonly onDied: (error: Error) => void
}

/** Starts a thread and waits until its listeners are open. Errors: PORT_IN_USE, ACCESS_DENIED. */
export async function startIntakeWorker(
  start: Omit<IntakeStart, 'writer'>,
  options: WorkerOptions,
): Promise<IntakeWorker> {
  const { port1, port2 } = new MessageChannel()
  options.writer.attach(port1)
  const thread = new Worker(join(import.meta.dirname, 'intake.thread.ts'), {
    workerData: { ...start, writer: port2 } satisfies IntakeStart,
    transferList: [port2],
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  })
  const stopped = Promise.withResolvers<void>()
  const ended = new Promise<void>(resolve => thread.once('exit', () => resolve()))
  const listening = Promise.withResolvers<void>()
  let listeners: readonly ListenerState[] = []
  let accounts: readonly Account[] = []
  let waitingRecords = 0
  let isStopping = false
  let brokeWhileStopping: unknown

  thread.on('message', (message: FromIntakeThread) => {
    switch (message.type) {
      case 'listening':
        listeners = message.listeners
        return listening.resolve()
      case 'cannotListen':
        return listening.reject(new PicketError(message.code, message.message))
      case 'counters':
        listeners = message.listeners
        accounts = message.accounts
        waitingRecords = message.waitingRecords
        return options.onCounters()
      case 'stopped':
        return stopped.resolve()
      default:
        message satisfies never
    }
  })
  thread.on('error', error => {
    listening.reject(error)
    if (isStopping) brokeWhileStopping = error
    else options.onDied(error as Error)
  })
  try {
    await listening.promise
  } catch (error) {
    await thread.terminate()
    throw error
  }

  const tell = (message: ToIntakeThread): void => thread.postMessage(message)
  return {
    listeners: () => listeners,
    accounts: () => accounts,
    waitingRecords: () => waitingRecords,
    useRules: rules => tell({ type: 'rules', rules }),
    useTls: settings => tell({ type: 'tls', tls: settings }),
    setLogLevel: level => tell({ type: 'logLevel', level }),
    setDiskFull: isFull => tell({ type: 'diskFull', isFull }),
    takeOwnFrame(text) {
      if (!isStopping) tell({ type: 'ownFrame', text })
    },
    async [Symbol.asyncDispose]() {
      isStopping = true
      const waiting = new AbortController()
      tell({ type: 'stop' })
      const isFailing = options.writer.failing(waitForDiskMs, waiting.signal).catch(() => undefined)
      await Promise.race([stopped.promise, ended, options.writer.ended, isFailing])
      waiting.abort()
      await thread.terminate()
      if (brokeWhileStopping !== undefined) throw brokeWhileStopping
    },
  }
}
