// Numbered records, so that a check can say of each one whether it was stored, acknowledged, lost, doubled or mixed up.
//
//   the text of a record        r<run> n<number>         a run is one life of the process that appends
//   a line of the ack file      a <day> <run> <from> <to>   stored, as `append` said by returning
//                               x <day>                     the days before this one may go from now on
//                               k <seal key>                the first key of the ratchet
import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { createBatchBuilder } from '../../src/app/batch-builder.ts'
import { dayOf, type Origin } from '../../src/model/row.ts'
import { rawOf, recordOf } from '../../src/parse/record.ts'
import type { Batch } from '../../src/store/sqlite/append.ts'
import { dayPath, listDays } from '../../src/store/sqlite/day-file.ts'
import { parseSealKey } from '../../src/store/sqlite/integrity/ratchet.ts'
import { type Verification, verifyStore } from '../../src/store/sqlite/integrity/verify.ts'
import { openReader } from '../../src/store/sqlite/reader.ts'

const origin: Origin = { peer: '192.0.2.7', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' }
/** Every so-many-th record is a hit. */
export const hitEvery = 25

const builder = createBatchBuilder([])

/** One batch: the records `from` to `to` of a run, received at this time. */
export function numberedBatch(run: number, from: number, to: number, receivedAt: number): Batch {
  const hits: Batch['hits'][number][] = []
  for (let n = from; n <= to; n++) {
    const frame = Buffer.from(`<13>Nov 23 12:00:00 host${n % 7} app[${n % 99}]: r${run} n${n}`)
    builder.take(frame, 0, frame.length, receivedAt, origin)
    if (n % hitEvery === 0) hits.push({ row: n - from, ruleIds: ['numbered'] })
  }
  return { ...builder.batch(dayOf(receivedAt)), hits }
}

export type Acknowledged = {
  readonly ranges: readonly { readonly day: string; readonly run: number; readonly from: number; readonly to: number }[]
  /** Days before this one need not be there. */
  readonly removedBefore: string
  readonly runs: number
  readonly sealKey: Buffer | undefined
}

export function readAcknowledged(path: string): Acknowledged {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
  const ranges: Acknowledged['ranges'][number][] = []
  let removedBefore = ''
  let runs = 0
  let sealKey: Buffer | undefined
  for (const line of lines) {
    const [kind, first = '', ...numbers] = line.split(' ')
    const [run = 0, from = 0, to = 0] = numbers.map(Number)
    if (kind === 'a') ranges.push({ day: first, run, from, to })
    else if (kind === 'x') removedBefore = first
    else if (kind === 'b') runs = Number(first) + 1
    else if (kind === 'k') sealKey = parseSealKey(line)
  }
  return { ranges, removedBefore, runs, sealKey }
}

export type Checked = {
  readonly stored: number
  readonly acknowledged: number
  /** Acknowledged and not there. */
  readonly lost: number
  readonly verification: Verification
}

/** Reads a store back: each run's numbers are there in order, once and without a gap, every file is sound, hits stand by
 *  their records. What was acknowledged and is not there is counted, for the caller to judge. */
export function checkNumbered(dataDir: string, acknowledged: Acknowledged): Checked {
  for (const day of listDays(dataDir)) {
    const db = new Database(dayPath(dataDir, day))
    equal(db.pragma('integrity_check', { simple: true }), 'ok', day)
    db.close()
  }
  const found = new Map<number, Span[]>()
  const hits: string[] = []
  const reader = openReader(dataDir, { recordOf, rawOf })
  try {
    let stored = 0
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const page = reader.search({ query: { kind: 'all' }, limit: 5000, cursor })
      for (const { message } of page.records) {
        const { run, n } = numberOf(message)
        if (n % hitEvery === 0) hits.push(message)
        extendDown(found, run, n)
        stored++
      }
      cursor = page.nextCursor
    }
    const hitRecords = reader.hitsAfter(undefined, Number.MAX_SAFE_INTEGER).hits.map(hit => hit.record.message)
    deepEqual(hitRecords, hits.toReversed(), 'the hits are those of the records')
    let lost = 0
    let sum = 0
    for (const { day, run, from, to } of acknowledged.ranges) {
      if (day < acknowledged.removedBefore) continue
      sum += to - from + 1
      const span = found.get(run)?.[0]
      lost += to - from + 1 - overlap(span, from, to)
    }
    for (const [run, spans] of found)
      ok(spans.length === 1, `run ${run}: ${spans.map(({ from, to }) => `${from} to ${to}`).join(', then ')}`)
    const verification = verifyStore(dataDir, {
      deep: true,
      ...(acknowledged.sealKey && { sealKey: acknowledged.sealKey }),
    })
    return { stored, acknowledged: sum, lost, verification }
  } finally {
    reader.close()
  }
}

type Span = { from: number; readonly to: number }

/** Records come newest first: within a run each is one less than the one before. */
function extendDown(found: Map<number, Span[]>, run: number, n: number): void {
  const spans = found.get(run) ?? []
  const last = spans.at(-1)
  if (last !== undefined && last.from === n + 1) last.from = n
  else spans.push({ from: n, to: n })
  found.set(run, spans)
}

function overlap(span: Span | undefined, from: number, to: number): number {
  return span === undefined ? 0 : Math.max(0, Math.min(to, span.to) - Math.max(from, span.from) + 1)
}

function numberOf(message: string): { readonly run: number; readonly n: number } {
  const [, run, n] = /^r(\d+) n(\d+)$/.exec(message) ?? []
  ok(run !== undefined && n !== undefined, `not a record of ours: ${message}`)
  return { run: Number(run), n: Number(n) }
}
