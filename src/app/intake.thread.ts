// One intake thread of perhaps several: bytes arrive → frame → batch → writer. Read this first.
//
//   receive/udp, tcp, tls, relp ──frame()──► batch-builder.ts ──flush()──► writer thread
//          ▲     ▲                                                      │
//          │     └── RELP answers, in order ◄── batches up to n ◄───────┤
//          └── pause, resume ◄── at most 4 batches underway ◄── stored ─┘
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { isPicketError } from '../base/errors.ts'
import { createLog } from '../base/log.ts'
import { compileRules, compileSteps } from '../detect/rules.ts'
import type { Transport } from '../model/record.ts'
import { dayOf, type Origin } from '../model/row.ts'
import { createConnectionCount } from '../receive/connection-count.ts'
import type { Listener, Source } from '../receive/listener.ts'
import { parseAllowList } from '../receive/peer.ts'
import { type RelpListener, startRelp } from '../receive/relp.ts'
import { startTcp } from '../receive/tcp.ts'
import { startTls, type TlsListener } from '../receive/tls.ts'
import { startUdp } from '../receive/udp.ts'
import type { FromIntake, ToIntake } from '../store/sqlite/writer.thread.ts'
import { createBatchBuilder } from './batch-builder.ts'
import type { FromIntakeThread, IntakeStart, ListenerState, ToIntakeThread } from './messages.ts'
import { createReadSettings } from './read-settings.ts'

/** Batches on their way to the disk; beyond this the sockets are paused until the writer has caught up. */
const maxBatchesUnderway = 4
/** A record waits so long for company before it is written. */
const flushAfterMs = 20
/** In a stream of more than this many records per flushAfterMs, waiting for a full block saves merging small ones … */
const streamRows = 400
/** … for at most so long. */
const maxWaitMs = 200

if (parentPort === null) throw new Error('BUG: intake.thread.ts runs as a worker thread')
const main = parentPort
const start = workerData as IntakeStart
const { writer } = start
const { originOf: originFor, originOfHost } = createReadSettings(start)
const log = createLog(start.logLevel)
const builder = createBatchBuilder([], undefined, originOfHost)
/** The sockets open first; the rules are compiled before the first frame is looked at. */
let hasRules = false
/** The rules that will be in use next. */
let compiling: ReturnType<typeof compileSteps> | undefined
/** The sender of Picket's own records. */
const ownSource: Source = { peer: '127.0.0.1', transport: 'internal', id: 0 }
const origins = new WeakMap<Source, Origin>()
let day = ''
let dayEndsAt = 0
/** When the oldest record of the batch arrived, and whether it has waited long enough. */
let firstAt = 0
let isDue = false
let batchesUnderway = 0
/** Batches that the writer has stored; the one that is being gathered is number batchesStored + batchesUnderway + 1. */
let batchesStored = 0
/** A RELP sender waits for an answer to a frame of the batch that is being gathered. */
let isAwaited = false
let isPaused = false
let isDiskFull = false
let isStopping = false
/** The listeners are closed: nothing more will arrive. */
let isDrained = false
let flushTimer: NodeJS.Timeout | undefined
/** The account of each transport, and what each batch underway holds of it. */
const accounts = new Map<Transport, OpenAccount>()
const underway: { readonly records: number; readonly parts: readonly (readonly [OpenAccount, number])[] }[] = []
let lastSource: Source | undefined
let lastAccount: OpenAccount | undefined
let lastOrigin: Origin | undefined
let listeners: readonly Listener[] = []
const tlsListeners: TlsListener[] = []
let relpListener: RelpListener | undefined

type OpenAccount = { taken: number; stored: number; inBatch: number }

function frame(bytes: Uint8Array, from: number, to: number, source: Source): void {
  const receivedAt = Date.now()
  if (receivedAt >= dayEndsAt) startDay(receivedAt)
  if (!hasRules) useRules(start.rules)
  if (builder.count === 0) {
    firstAt = receivedAt
    flushTimer = setTimeout(onTimer, flushAfterMs)
  }
  const origin = source === lastSource ? (lastOrigin as Origin) : originOf(source)
  const account = lastAccount as OpenAccount
  account.taken++
  account.inBatch++
  builder.take(bytes, from, to, receivedAt, origin)
  if (builder.isFull) flush()
}

/** A frame whose sender waits for the answer. Returns the number of its batch, which is written as soon as the disk is
 *  free: the next turn of the event loop lets all sockets that were readable put their frames into it. */
function awaitedFrame(bytes: Uint8Array, from: number, to: number, source: Source): number {
  frame(bytes, from, to, source)
  // a full batch is on its way already, with this frame in it
  if (builder.count === 0) return batchesStored + batchesUnderway
  if (!isAwaited && batchesUnderway === 0) setImmediate(flushAwaited)
  isAwaited = true
  return batchesStored + batchesUnderway + 1
}

function flushAwaited(): void {
  if (isAwaited && batchesUnderway === 0) flush()
}

/** What Picket itself has to say goes the way of every other frame: rules see it, the chain seals it. */
function ownFrame(text: string): void {
  const bytes = Buffer.from(text)
  frame(bytes, 0, bytes.length, ownSource)
}

function useRules(rules: IntakeStart['rules']): void {
  hasRules = true
  builder.useRules(compileRules(rules).rules)
}

/** A thousand rules take a second to compile: the sockets are read between the files. */
function changeRules(rules: IntakeStart['rules']): void {
  const steps = compileSteps(rules)
  compiling = steps
  next()

  function next(): void {
    if (compiling !== steps) return // newer ones have come
    const step = steps.next()
    if (step.done === true) builder.useRules(step.value.rules)
    else setImmediate(next)
  }
}

function originOf(source: Source): Origin {
  let origin = origins.get(source)
  if (origin === undefined) {
    origin = originFor(source)
    origins.set(source, origin)
  }
  lastSource = source
  lastOrigin = origin
  lastAccount = accountOf(source.transport)
  return origin
}

function accountOf(transport: Transport): OpenAccount {
  let account = accounts.get(transport)
  if (account === undefined) accounts.set(transport, (account = { taken: 0, stored: 0, inBatch: 0 }))
  return account
}

function openParts(): readonly (readonly [OpenAccount, number])[] {
  const parts = [...accounts.values()].filter(({ inBatch }) => inBatch > 0).map(one => [one, one.inBatch] as const)
  for (const [account] of parts) account.inBatch = 0
  return parts
}

function closeOldestBatch(): void {
  for (const [account, count] of underway.shift()?.parts ?? []) account.stored += count
}

/** From the builder and the batches, not from the accounts: it is what they are compared with. */
function waitingRecords(): number {
  return underway.reduce((sum, { records }) => sum + records, builder.count)
}

/** A batch belongs to one receive day. */
function startDay(receivedAt: number): void {
  if (builder.count > 0) flush()
  day = dayOf(receivedAt)
  dayEndsAt = (Math.floor(receivedAt / 86_400_000) + 1) * 86_400_000
}

function onTimer(): void {
  const waitedMs = Date.now() - firstAt
  if (builder.count >= streamRows && waitedMs >= 0 && waitedMs < maxWaitMs)
    flushTimer = setTimeout(onTimer, flushAfterMs)
  // while the disk is busy with a batch the next one may grow: the answer brings us back
  else if (batchesUnderway > 0) isDue = true
  else flush()
}

function flush(): void {
  clearTimeout(flushTimer)
  isDue = false
  isAwaited = false
  const batch = builder.batch(day)
  const { memory, filterTerms, sources } = batch.block
  underway.push({ records: batch.block.count, parts: openParts() })
  const message: FromIntake = { type: 'append', batch }
  writer.postMessage(message, [memory, filterTerms.buffer, sources.numbers.buffer])
  batchesUnderway++
  if (batchesUnderway >= maxBatchesUnderway && !isPaused && !isStopping) {
    isPaused = true
    for (const listener of listeners) listener.pause('queue')
  }
}

writer.on('message', ({ batches }: ToIntake) => {
  batchesUnderway -= batches
  batchesStored += batches
  relpListener?.stored(batchesStored)
  for (let n = 0; n < batches; n++) closeOldestBatch()
  if (isPaused && batchesUnderway < maxBatchesUnderway) {
    isPaused = false
    for (const listener of listeners) listener.resume('queue')
  }
  if (isDue && batchesUnderway === 0) flush()
  else if (isAwaited && batchesUnderway === 0) setImmediate(flushAwaited)
  if (isStopping) finishStopping()
})

main.on('message', (message: ToIntakeThread) => {
  switch (message.type) {
    case 'rules':
      return changeRules(message.rules)
    case 'tls':
      for (const listener of tlsListeners) listener.useTls(message.tls)
      return
    case 'logLevel':
      log.level = message.level
      return
    case 'diskFull':
      return setDiskFull(message.isFull)
    case 'ownFrame':
      return ownFrame(message.text)
    case 'stop':
      return void stop()
    default:
      message satisfies never
  }
})

/** Picket's own records do not come through a listener: they are stored all the same. */
function setDiskFull(isFull: boolean): void {
  if (isStopping) return
  isDiskFull = isFull
  for (const listener of listeners) {
    if (isFull) listener.pause('disk')
    else listener.resume('disk')
  }
}

async function listen(): Promise<void> {
  const { udp, tcp, tls, relp, allow } = start.receive
  const { inherited, sharing, connectionCounts } = start
  const options = { allow: parseAllowList(allow), log, clock: systemClock, sharing }
  const tcpOptions = { ...options, connectionCount: createConnectionCount(connectionCounts.tcp) }
  const tlsOptions = { ...options, connectionCount: createConnectionCount(connectionCounts.tls) }
  const sink = { frame }
  const own = [undefined]
  try {
    const opened: Listener[] = []
    if (udp !== false) for (const fd of inherited.udp ?? own) opened.push(await startUdp(udp, sink, { ...options, fd }))
    if (tcp !== false)
      for (const fd of inherited.tcp ?? own) opened.push(await startTcp(tcp, sink, { ...tcpOptions, fd }))
    if (tls && start.tls !== undefined)
      for (const fd of inherited.tls ?? own)
        tlsListeners.push(await startTls(tls, start.tls, sink, { ...tlsOptions, fd }))
    opened.push(...tlsListeners)
    // one thread has all RELP sessions: it knows what a sender sends again, and answers come at the pace of commits
    if (relp !== false && sharing !== 'further') {
      const relpOptions = { ...options, sharing: undefined, fd: start.inheritedRelp }
      relpListener = await startRelp(relp, { frame: awaitedFrame }, relpOptions)
      opened.push(relpListener)
    }
    listeners = opened
    tell({ type: 'listening', listeners: states() })
    if (!hasRules) useRules(start.rules)
    setInterval(tellCounters, 1000).unref()
  } catch (error) {
    if (!isPicketError(error)) throw error
    tell({ type: 'cannotListen', code: error.code, message: error.message })
  }
}

/** Stops accepting, takes what has arrived, and waits until the writer has it. */
async function stop(): Promise<void> {
  isStopping = true
  for (const listener of listeners) {
    listener.resume('queue')
    // what senders on streams believe to be sent still fits; datagrams are counted to the end
    if (isDiskFull && listener.transport !== 'udp') listener.resume('disk')
  }
  await Promise.all(listeners.map(listener => listener.close()))
  isDrained = true
  if (builder.count > 0) flush()
  finishStopping()
}

function finishStopping(): void {
  if (!isDrained || builder.count > 0 || batchesUnderway > 0) return
  tellCounters()
  tell({ type: 'stopped' })
  writer.close()
  main.close()
}

function tellCounters(): void {
  const told = [...accounts].map(([transport, { taken, stored }]) => ({ transport, taken, stored }))
  tell({ type: 'counters', listeners: states(), accounts: told, waitingRecords: waitingRecords() })
}

function states(): readonly ListenerState[] {
  return listeners.map(({ transport, address, port, counters }) => ({ transport, address, port, counters }))
}

function tell(message: FromIntakeThread): void {
  main.postMessage(message)
}

await listen()
