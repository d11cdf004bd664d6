// One intake thread: bytes arrive → frame → header → rules → block → writer. Read this first.
//
//   receive/udp, receive/tcp ─► frame() ─► scanHeader ─► matcher.scan ─► builder.appendScanned ─► flush() ─► writer
//                                   │ (rare forms)           │ (candidates)
//                                   └─► rowOfFrame           └─► recordOf → matcher → hits
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { isPicketError } from '../base/errors.ts'
import { createLog } from '../base/log.ts'
import { createMatcher, type Matcher } from '../detect/match.ts'
import { compileRules } from '../detect/rules.ts'
import { recordToJson } from '../model/record.ts'
import { dayOf, type Origin, type StoredRow } from '../model/row.ts'
import { mayDecode } from '../parse/may-decode.ts'
import { recordOf, rowOfFrame } from '../parse/record.ts'
import { indexedTexts } from '../query/tokens.ts'
import type { Listener, Source } from '../receive/listener.ts'
import { parseAllowList } from '../receive/peer.ts'
import { startTcp } from '../receive/tcp.ts'
import { startUdp } from '../receive/udp.ts'
import type { BatchHit } from '../store/sqlite/append.ts'
import { BlockBuilder } from '../store/sqlite/block-builder.ts'
import type { FromIntake, ToIntake } from '../store/sqlite/writer.thread.ts'
import { HeaderScan, scanHeader } from '../syslog-parser/scan.ts'
import type { FromIntakeThread, IntakeStart, ListenerState, ToIntakeThread } from './messages.ts'

/** Batches on their way to the disk; beyond this the sockets are paused until the writer has caught up. */
const maxBatchesUnderway = 4
/** A record waits at most so long for company before it is written. */
const flushAfterMs = 20

if (parentPort === null) throw new Error('BUG: intake.thread.ts runs as a worker thread')
const main = parentPort
const start = workerData as IntakeStart
const { writer } = start
const { timeZone, charset } = start.receive
const log = createLog(start.logLevel)
const builder = new BlockBuilder()
const header = new HeaderScan()
const origins = new WeakMap<Source, Origin>()
let matcher: Matcher = createMatcher(compileRules(start.rules).rules)
let hits: BatchHit[] = []
let day = ''
let dayEndsAt = 0
let batchesUnderway = 0
let isPaused = false
let isStopping = false
/** The listeners are closed: nothing more will arrive. */
let isDrained = false
let flushTimer: NodeJS.Timeout | undefined
let lastSource: Source | undefined
let lastOrigin: Origin | undefined
let listeners: readonly Listener[] = []

function frame(received: Uint8Array, from: number, to: number, source: Source): void {
  const bytes =
    received instanceof Buffer ? received : Buffer.from(received.buffer, received.byteOffset, received.byteLength)
  const receivedAt = Date.now()
  if (receivedAt >= dayEndsAt) startDay(receivedAt)
  const origin = source === lastSource ? (lastOrigin as Origin) : originOf(source)
  if (scanHeader(bytes, from, to, receivedAt, timeZone, header)) {
    const isCandidate = matcher.scan(bytes, from, to)
    const isDecoded = mayDecode(bytes, header.messageStart, to)
    if (isCandidate || isDecoded) checkRecord(scannedRow(bytes, to, receivedAt, origin), isDecoded)
    builder.appendScanned(bytes, to, header, receivedAt, origin)
  } else {
    const row = rowOfFrame(Buffer.from(bytes.subarray(from, to)), receivedAt, origin)
    checkRecord(row, true)
    builder.appendRow(row)
  }
  if (builder.isFull) flush()
  else if (flushTimer === undefined) flushTimer = setTimeout(flushWaiting, flushAfterMs)
}

/** Runs the rules on a record; `wholeText`: its words are not all in the frame as they stand, so they are indexed here. */
function checkRecord(row: StoredRow, wholeText: boolean): void {
  const record = recordOf(row, '')
  if (wholeText) for (const text of indexedTexts(record)) builder.terms.addText(text)
  const ruleIds = wholeText ? matcher.matchAll(record) : matcher.matchCandidates(record)
  if (ruleIds.length > 0) hits.push({ row: builder.count, ruleIds, record: recordToJson(record) })
}

function scannedRow(bytes: Buffer, to: number, receivedAt: number, origin: Origin): StoredRow {
  const text = (start: number, end: number): string | undefined =>
    end > start ? bytes.toString('latin1', start, end) : undefined
  return {
    seq: 0,
    receivedAt,
    origin,
    layout: header.layout,
    facility: header.pri >> 3,
    severity: header.pri & 7,
    timestampMicros: header.timestampMicros,
    hostname: text(header.hostStart, header.hostEnd),
    appName: text(header.appStart, header.appEnd),
    procId: text(header.procIdStart, header.procIdEnd),
    bytes: bytes.subarray(header.messageStart, to),
  }
}

function originOf(source: Source): Origin {
  let origin = origins.get(source)
  if (origin === undefined) {
    origin = { peer: source.peer, transport: source.transport, timeZone, charset }
    origins.set(source, origin)
  }
  lastSource = source
  lastOrigin = origin
  return origin
}

/** A batch belongs to one receive day. */
function startDay(receivedAt: number): void {
  if (builder.count > 0) flush()
  day = dayOf(receivedAt)
  dayEndsAt = (Math.floor(receivedAt / 86_400_000) + 1) * 86_400_000
}

function flushWaiting(): void {
  flushTimer = undefined
  // while the disk is busy with a batch the next one may grow: the answer brings us back here
  if (builder.count > 0 && (batchesUnderway === 0 || isStopping)) flush()
}

function flush(): void {
  if (flushTimer !== undefined) clearTimeout(flushTimer)
  flushTimer = undefined
  const block = builder.encode()
  const message: FromIntake = { type: 'append', batch: { day, block, hits } }
  hits = []
  writer.postMessage(message, [
    ...block.columns.map(data => data.buffer),
    block.summary.buffer,
    block.filterTerms.buffer,
  ])
  batchesUnderway++
  if (batchesUnderway >= maxBatchesUnderway && !isPaused && !isStopping) {
    isPaused = true
    for (const listener of listeners) listener.pause()
  }
}

writer.on('message', ({ batches }: ToIntake) => {
  batchesUnderway -= batches
  if (isPaused && batchesUnderway < maxBatchesUnderway) {
    isPaused = false
    for (const listener of listeners) listener.resume()
  }
  if (builder.count > 0 && flushTimer === undefined && batchesUnderway === 0) flush()
  if (isStopping) finishStopping()
})

main.on('message', (message: ToIntakeThread) => {
  switch (message.type) {
    case 'rules':
      matcher = createMatcher(compileRules(message.rules).rules)
      return
    case 'stop':
      return void stop()
    default:
      message satisfies never
  }
})

async function listen(): Promise<void> {
  const { udp, tcp, allow } = start.receive
  const options = { allow: parseAllowList(allow), log, clock: systemClock }
  try {
    const opened: Listener[] = []
    if (udp !== false) opened.push(await startUdp(udp, { frame }, { ...options, fd: start.inherited.udp }))
    if (tcp !== false) opened.push(await startTcp(tcp, { frame }, { ...options, fd: start.inherited.tcp }))
    listeners = opened
    tell({ type: 'listening', listeners: states() })
    setInterval(() => tell({ type: 'counters', listeners: states(), waitingRecords: builder.count }), 1000).unref()
  } catch (error) {
    if (!isPicketError(error)) throw error
    tell({ type: 'cannotListen', code: error.code, message: error.message })
  }
}

/** Stops accepting, takes what has arrived, and waits until the writer has it. */
async function stop(): Promise<void> {
  isStopping = true
  if (isPaused) for (const listener of listeners) listener.resume()
  await Promise.all(listeners.map(listener => listener.close()))
  isDrained = true
  if (builder.count > 0) flush()
  finishStopping()
}

function finishStopping(): void {
  if (!isDrained || builder.count > 0 || batchesUnderway > 0) return
  tell({ type: 'counters', listeners: states(), waitingRecords: 0 })
  tell({ type: 'stopped' })
  writer.close()
  main.close()
}

function states(): readonly ListenerState[] {
  return listeners.map(({ transport, address, port, counters }) => ({ transport, address, port, counters }))
}

function tell(message: FromIntakeThread): void {
  main.postMessage(message)
}

await listen()
