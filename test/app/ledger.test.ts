// The books: what was sent is in exactly one place, over restarts and kill -9, and losses are told of in records.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLedger } from '../../src/app/ledger.ts'
import type { OwnRecord } from '../../src/app/own-records.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import { differenceOf, noSums, type Sums } from '../../src/model/books.ts'
import { createCounters } from '../../src/receive/listener.ts'
import { loadBooks, openLedgerFile } from '../../src/store/ledger-file.ts'
import { recordLog } from '../receive/recorder.ts'
import { eventually, sendTcp, startPicket } from './picket.ts'

async function withFolder(run: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'picket-ledger-'))
  try {
    await run(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function lines(count: number, app: string): string {
  return Array.from({ length: count }, (_, n) => `<13>Nov 23 12:00:00 web01 ${app}: number ${n}\n`).join('')
}

test('a note that was torn leaves the one before it', () =>
  withFolder(dir => {
    const books = { n: 1, since: 1, at: 2, closed: false, crashes: 0, seq: 7, sums: {}, told: {}, toldAt: 2 }
    const file = openLedgerFile(dir)
    file.save(books)
    file.save({ ...books, n: 2, seq: 8 })
    file.close()
    equal(loadBooks(dir)?.seq, 8)
    execFileSync('dd', ['if=/dev/zero', `of=${join(dir, 'ledger.dat')}`, 'bs=1', 'count=40', 'conv=notrunc'], {
      stdio: 'ignore',
    })
    equal(loadBooks(dir)?.seq, 7)
  }))

test('a frame that is nowhere is a difference: an error in the log, a metric, a record', () =>
  withFolder(async dir => {
    const written: OwnRecord[] = []
    const own = { write: (record: OwnRecord) => void written.push(record), connect: () => undefined }
    const log = recordLog()
    const metrics = createMetrics()
    const clock = { now: () => 0, monotonic: () => 0 }
    using ledger = openLedger({ dataDir: dir, own, metrics, clock, log })
    const counters = createCounters()
    counters.received = 5
    counters.frames = 4
    counters.dropped.empty = 1
    const listeners = [{ transport: 'udp', address: '::', port: 1, counters }] as const
    ledger.note({ listeners, accounts: [{ transport: 'udp', taken: 4, stored: 0 }], waitingRecords: 4 })
    equal(ledger.difference(), 0)
    counters.received = 7
    ledger.note({ listeners, accounts: [{ transport: 'udp', taken: 4, stored: 0 }], waitingRecords: 4 })
    equal(ledger.difference(), 2)
    ok((await metrics.print()).includes('picket_ledger_difference 2'))
    deepEqual(log.lines, ['the books do not balance: please report this difference=2'])
    deepEqual(
      written.map(({ subject }) => subject),
      ['BOOKS'],
    )
  }))

test('what waited at a kill and is not in the store is lost, counted and told of in a searchable record', () =>
  withFolder(async dir => {
    const first = await startPicket({ dataDir: dir })
    const client = await first.login()
    await sendTcp(first.tcp, lines(20, 'app'))
    const udp = createSocket('udp4').unref()
    udp.send('', first.udp, '127.0.0.1')
    await eventually(async () => (await client.records('app:app')).length === 20 || undefined, '20 records')
    await eventually(() => loadBooks(dir)?.sums.udp?.empty === 1 || undefined, 'the empty datagram')
    equal(await first.stop(), 0)
    const stopped = loadBooks(dir)
    deepEqual(stopped?.sums.tcp, { ...noSums, received: 20, stored: 20 })
    equal(stopped?.closed, true)

    // as after a kill between a note and the commit of what waited then
    const file = openLedgerFile(dir)
    const tcp: Sums = { ...noSums, received: 23, stored: 15, waiting: 8 }
    file.save({ ...(stopped as NonNullable<typeof stopped>), n: 1e6, closed: false, seq: 15, sums: { tcp } })
    file.close()

    await using again = await startPicket({ dataDir: dir })
    const after = await again.login()
    const [record] = await eventually(async () => {
      const found = await after.records('transport:internal msgid:LOSS')
      return found.length === 1 ? found : undefined
    }, 'the record of the loss')
    ok(record?.message.startsWith('messages were lost listener=tcp reason=lost_at_end count=3 '), record?.message)
    const books = loadBooks(dir)
    deepEqual(books?.sums.tcp, { ...noSums, received: 23, stored: 20, lost_at_end: 3 })
    equal(books?.crashes, 1)
  }))

test(
  'kill -9 in the middle of a stream: stored is exactly what the store has, and the books balance',
  {
    timeout: 120_000,
  },
  () =>
    withFolder(async dir => {
      let picket = await startPicket({ dataDir: dir })
      await picket.login()
      for (let round = 0; round < 3; round++) {
        const sending = sendTcp(picket.tcp, lines(30_000, `round${round}`)).catch(() => undefined) // reset by the kill
        const { dataDir, web } = picket
        await eventually(async () => {
          const text = await (await fetch(`${web}/metrics`)).text()
          return Number(/^picket_records_stored_total (\d+)$/m.exec(text)?.[1]) > 1000 || undefined
        }, 'some records')
        await picket.stop('SIGKILL')
        await sending
        picket = await startPicket({ dataDir })
        const client = await picket.login()
        const { store } = await client.get<{ store: { records: number } }>('/api/v1/status')
        const sums = await eventually(() => {
          const books = loadBooks(dir)
          const all = Object.values(books?.sums ?? {})
          return books?.crashes === round + 1 && all.every(one => one.waiting === 0) ? all : undefined
        }, 'the books')
        ok(sums.every(one => differenceOf(one) === 0))
        const tcp = loadBooks(dir)?.sums.tcp
        equal(tcp?.stored, (await client.records('transport:tcp')).length)
        ok((tcp?.stored ?? 0) <= store.records)
      }
      await picket.stop()
    }),
)
