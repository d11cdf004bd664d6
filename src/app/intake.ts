// All intake threads together: how many there are, who of them reads which socket, their counters in one, their end.
//
//   senders ──► kernel ──┬──► socket of thread 1 ──┐
//               by hash  ├──► socket of thread 2 ──┼──► writer
//                        └──► …                  ──┘
import { availableParallelism } from 'node:os'
import type { LogLevel } from '../base/log.ts'
import type { Config } from '../config/schema.ts'
import type { RuleSource } from '../detect/rules.ts'
import { createSharedCount } from '../receive/connection-count.ts'
import { type InheritedSocket, inheritedSockets, isForRelp } from '../receive/inherited.ts'
import type { TlsSettings } from '../receive/tls-handshakes.ts'
import { type IntakeWorker, startIntakeWorker } from './intake-worker.ts'
import { sumAccounts, sumListeners } from './listener-sums.ts'
import {
  type Account,
  type IntakeStart,
  type ListenerState,
  type ListeningTransport,
  listeningTransports,
} from './messages.ts'
import type { Writer } from './writer.ts'

export type Intake = {
  /** The listeners as they were told last, at most a second ago; those of all threads on one port are one. */
  listeners(): readonly ListenerState[]
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
   *  threads are no more. Rejects when a thread broke while it did that. */
  [Symbol.asyncDispose](): Promise<void>
}

export type Snapshot = {
  readonly listeners: readonly ListenerState[]
  readonly accounts: readonly Account[]
  readonly waitingRecords: number
}

type IntakeOptions = {
  readonly config: Config
  readonly rules: readonly RuleSource[]
  readonly writer: Writer
  /** The certificates of receive.tls, when it is on. */
  readonly tls?: TlsSettings | undefined
  /** The counters of all threads, each as it told them last: once a second, and when everything is stored at the end. */
  readonly onCounters: (snapshot: Snapshot) => void
  /** A thread ended by itself: a bug of ours. */
  readonly onDied: (error: Error) => void
}

/** Starts the intake threads and waits until their listeners are open. Errors: PORT_IN_USE, ACCESS_DENIED. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const { config, rules, writer, tls, onDied } = options
  const { relp } = config.receive
  const inherited = inheritedSockets(process.env, process.pid)
  const isRelp = (socket: InheritedSocket): boolean => isForRelp(socket, relp === false ? undefined : relp.port)
  const sockets = inherited.filter(socket => !isRelp(socket))
  const count = threadCount(config.receive, sockets)
  const connectionCounts = byTransport(createSharedCount)
  const workers: IntakeWorker[] = []

  async function start(index: number, receive: Config['receive']): Promise<void> {
    const start: Omit<IntakeStart, 'writer'> = {
      receive,
      sources: config.sources,
      logLevel: config.log.level,
      rules,
      inherited: byTransport(transport => dealt(sockets, transport, { index, count })),
      inheritedRelp: inherited.find(isRelp)?.fd,
      sharing: count === 1 ? undefined : index === 0 ? 'first' : 'further',
      connectionCounts,
      ...(tls === undefined ? {} : { tls }),
    }
    workers.push(
      await startIntakeWorker(start, { writer, onDied, onCounters: () => options.onCounters(snapshotOf(workers)) }),
    )
  }

  async function stop(): Promise<void> {
    const ended = await Promise.allSettled(workers.map(worker => worker[Symbol.asyncDispose]()))
    for (const end of ended) if (end.status === 'rejected') throw end.reason
  }

  try {
    await start(0, config.receive)
    const receive = onPortsOf(workers[0]?.listeners() ?? [], config.receive)
    const others = await Promise.allSettled(Array.from({ length: count - 1 }, (_, n) => start(n + 1, receive)))
    for (const other of others) if (other.status === 'rejected') throw other.reason
  } catch (error) {
    await stop()
    throw error
  }

  let stopping: Promise<void> | undefined
  return {
    listeners: () => snapshotOf(workers).listeners,
    waitingRecords: () => snapshotOf(workers).waitingRecords,
    useRules(changed) {
      for (const worker of workers) worker.useRules(changed)
    },
    useTls(settings) {
      for (const worker of workers) worker.useTls(settings)
    },
    setLogLevel(level) {
      for (const worker of workers) worker.setLogLevel(level)
    },
    setDiskFull(isFull) {
      for (const worker of workers) worker.setDiskFull(isFull)
    },
    takeOwnFrame: text => workers[0]?.takeOwnFrame(text),
    [Symbol.asyncDispose]: () => (stopping ??= stop()),
  }
}

/** Each thread's counters balance, so their sums do, although the threads told them at different moments. */
function snapshotOf(workers: readonly IntakeWorker[]): Snapshot {
  return {
    listeners: sumListeners(workers.flatMap(worker => worker.listeners())),
    accounts: sumAccounts(workers.flatMap(worker => worker.accounts())),
    waitingRecords: workers.reduce((sum, worker) => sum + worker.waitingRecords(), 0),
  }
}

/** Threads that would have nothing to read are left out: a socket of systemd has one reader. */
function threadCount(receive: Config['receive'], sockets: readonly InheritedSocket[]): number {
  const wanted = receive.threads === 0 ? threadsFor(availableParallelism()) : receive.threads
  const numbers = listeningTransports.flatMap(transport =>
    receive[transport] === false || receive[transport] === undefined ? [] : [socketsOf(sockets, transport).length],
  )
  return numbers.includes(0) ? wanted : Math.min(wanted, Math.max(1, ...numbers))
}

/** The writer and the searches want cores too; one thread took 587,000 records a second (bench/ingest.ts). */
export function threadsFor(cores: number): number {
  return Math.min(4, Math.max(1, Math.floor((cores - 2) / 2)))
}

/** The sockets of systemd that the thread reads, every one by some thread: the kernel spreads the senders over them all. */
function dealt(
  sockets: readonly InheritedSocket[],
  transport: ListeningTransport,
  { index, count }: { readonly index: number; readonly count: number },
): readonly number[] | undefined {
  const all = socketsOf(sockets, transport)
  return all.length === 0 ? undefined : all.flatMap(({ fd }, n) => (n % count === index ? [fd] : []))
}

/** Two kinds of stream sockets are told apart by FileDescriptorName= of their units. */
function socketsOf(sockets: readonly InheritedSocket[], transport: ListeningTransport): readonly InheritedSocket[] {
  return sockets.filter(socket => (/tls/.test(socket.name) ? 'tls' : socket.transport) === transport)
}

/** Where the first thread listens: it was the kernel's choice when the configuration says port 0. */
function onPortsOf(listeners: readonly ListenerState[], receive: Config['receive']): Config['receive'] {
  const portOf = (transport: ListeningTransport): { readonly port?: number } => {
    const listener = listeners.find(one => one.transport === transport)
    return listener === undefined ? {} : { port: listener.port }
  }
  const { udp, tcp, tls } = receive
  return {
    ...receive,
    ...(tls && { tls: { ...tls, ...portOf('tls') } }),
    udp: udp && { ...udp, ...portOf('udp') },
    tcp: tcp && { ...tcp, ...portOf('tcp') },
  }
}

function byTransport<T>(make: (transport: ListeningTransport) => T): { readonly [K in ListeningTransport]: T } {
  return { udp: make('udp'), tcp: make('tcp'), tls: make('tls') }
}
