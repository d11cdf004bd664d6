// kill -9 at random moments under load: what was committed is there, in order and whole, and every stored record that
// matches a rule has its alert. Runs shortened in the tests (test/app/kill.test.ts), in full by `npm run campaign`.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { rawOf, recordOf } from '../../src/parse/record.ts'
import { dayPath, listDays } from '../../src/store/sqlite/day-file.ts'
import { verifyStore } from '../../src/store/sqlite/integrity/verify.ts'
import { openReader } from '../../src/store/sqlite/reader.ts'
import { openState } from '../../src/store/sqlite/state.ts'
import { eventually, startPicket } from '../app/picket.ts'

export type KillFigures = {
  readonly kills: number
  readonly stored: number
  readonly matching: number
  readonly committedAndLost: number
  readonly alertsMissing: number
  /** Longest time from start to ready after a kill, ms. */
  readonly slowestStartMs: number
}

const matchEvery = 25

/** Kills a loaded Picket `rounds` times on one data folder; throws on the first broken promise. */
export async function killUnderLoad(
  rounds: number,
  log: (line: string) => void = () => undefined,
): Promise<KillFigures> {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-kill-'))
  let storedBefore = 0
  let slowestStartMs = 0
  try {
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now()
      const picket = await startPicket({ dataDir })
      slowestStartMs = Math.max(slowestStartMs, performance.now() - startedAt)
      const load = startLoad(picket.tcp, round)
      const killAt = performance.now() + 100 + Math.random() * 900
      let committed = 0
      while (performance.now() < killAt) committed = await storedTotal(picket.web)
      await picket.stop('SIGKILL')
      load.stop()
      const stored = checkStore(dataDir, round)
      ok(stored >= committed, `round ${round}: ${committed} were committed, ${stored} are there`)
      storedBefore += stored
      log(`round ${round}: ${stored} stored, ${committed} seen as committed before the kill`)
    }
    await using last = await startPicket({ dataDir })
    const matching = matchingStored(dataDir)
    const counted = await eventually(() => {
      const count = alertCount(dataDir)
      return count >= matching ? count : undefined
    }, 'every stored match has become part of an alert')
    equal(counted, matching, 'a match counted twice')
    equal(await last.stop(), 0)
    return {
      kills: rounds,
      stored: storedBefore,
      matching,
      committedAndLost: 0,
      alertsMissing: matching - counted,
      slowestStartMs: Math.round(slowestStartMs),
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Sends numbered lines as fast as they are taken; every 25th matches a rule. */
function startLoad(port: number, round: number): { stop(): void } {
  const socket = connect(port, '127.0.0.1')
  let next = 0
  const more = (): void => {
    let room = true
    while (room && !socket.destroyed) {
      let lines = ''
      for (let i = 0; i < 200; i++) lines += `${line(round, next++)}\n`
      room = socket.write(lines)
    }
  }
  socket
    .on('connect', more)
    .on('drain', more)
    .on('error', () => socket.destroy())
  return { stop: () => socket.destroy() }
}

function line(round: number, n: number): string {
  return n % matchEvery === 0
    ? `<14>Nov 23 12:00:00 host${n % 7} root: HISTORY:PID=1 PPID=2 SID=1 USER=u${n % 11} CMD=chattr +i /r${round}/n${n}`
    : `<13>Nov 23 12:00:00 host${n % 7} app[${n % 999}]: r${round} n${n}`
}

async function storedTotal(web: string): Promise<number> {
  const text = await (await fetch(`${web}/metrics`)).text()
  return Number(/^picket_records_stored_total (\d+)$/m.exec(text)?.[1] ?? 0)
}

/** The files are sound, the chain is whole, and this round's lines are stored without a gap; returns how many. */
function checkStore(dataDir: string, round: number): number {
  for (const day of listDays(dataDir)) {
    const db = new Database(dayPath(dataDir, day))
    equal(db.pragma('integrity_check', { simple: true }), 'ok', day)
    db.close()
  }
  deepEqual(verifyStore(dataDir).findings, [], `round ${round}: the chain`)
  const reader = openReader(dataDir, { recordOf, rawOf })
  const found: number[] = []
  let cursor: string | undefined
  pages: for (;;) {
    const page = reader.search({ query: { kind: 'all' }, limit: 5000, cursor })
    for (const { message } of page.records) {
      const [, r, n] = /(?:^|[ /])r(\d+)[ /]n(\d+)$/.exec(message) ?? []
      if (Number(r) !== round) break pages
      found.push(Number(n))
    }
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  reader.close()
  found.reverse()
  const gap = found.findIndex((number, n) => number !== n)
  equal(gap, -1, `round ${round}: ${found[gap]} stands at place ${gap} of ${found.length}`)
  return found.length
}

function matchingStored(dataDir: string): number {
  const reader = openReader(dataDir, { recordOf, rawOf })
  const { total } = reader.histogram({
    query: { kind: 'test', field: 'message', test: { op: 'phrase', text: 'chattr', prefix: false } },
    buckets: 1,
  })
  reader.close()
  return total
}

function alertCount(dataDir: string): number {
  const state = openState(join(dataDir, 'picket.db'))
  const alerts = state.alerts.list({ limit: 1000 })
  state.close()
  return alerts.reduce((sum, alert) => sum + alert.count, 0)
}
