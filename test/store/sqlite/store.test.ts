// What goes into the store comes out: byte for byte, by every way of asking, after merges, day changes and restarts.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type BatchBuilder, createBatchBuilder } from '../../../src/app/batch-builder.ts'
import type { LogRecord } from '../../../src/model/record.ts'
import { dayOf, type Origin, type StoredRow } from '../../../src/model/row.ts'
import { mayDecode } from '../../../src/parse/may-decode.ts'
import { rawOf, recordOf, rowOfFrame } from '../../../src/parse/record.ts'
import { compileQuery } from '../../../src/query/match.ts'
import { parseQuery } from '../../../src/query/parse.ts'
import { recordView } from '../../../src/query/record-view.ts'
import { type Batch, openAppender } from '../../../src/store/sqlite/append.ts'
import { openReader } from '../../../src/store/sqlite/reader.ts'
import type { Reader } from '../../../src/store/store.ts'

const origin: Origin = { peer: '192.0.2.7', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' }
const noon = Date.UTC(2026, 10, 23, 12)

type Sent = { readonly frame: Buffer; readonly receivedAt: number }

function batchOf(sent: readonly Sent[], builder: BatchBuilder): Batch {
  for (const { frame, receivedAt } of sent) builder.take(frame, 0, frame.length, receivedAt, origin)
  return builder.batch(dayOf(sent[0]?.receivedAt ?? 0))
}

function withStore(run: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'picket-store-'))
  try {
    run(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function parsed(q: string) {
  const result = parseQuery(q)
  if ('error' in result) throw new Error(`${q}: ${result.error.message}`)
  return result.query
}

function allRaw(reader: Reader): Buffer[] {
  const frames: Buffer[] = []
  let cursor: string | undefined
  do {
    const page = reader.search({ query: { kind: 'all' }, limit: 100, cursor, raw: true })
    for (const record of page.records) frames.push(Buffer.from(record.raw ?? '', 'base64'))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return frames.toReversed()
}

const lines = [
  '<86>2026-11-23T11:59:59.123456+00:00 web01 sshd[812]: Failed password for root from 203.0.113.9 port 4022 ssh2',
  '<14>Nov 23 11:59:58 web02 root: HISTORY:PID=1 PPID=2 SID=1 USER=alice CMD=chattr +i /etc/resolv.conf',
  '<14>Nov 23 11:59:58 web02 root: HISTORY:PID=1 PPID=2 SID=1 USER=bob N=7 RC=0 PWD=/tmp CMD=echo a\\nnc -l 4444',
  '<78>Nov 23 11:59:57 db01 CRON[77]: (root) CMD (run-parts --report /etc/cron.hourly)',
  '<34>1 2026-11-23T11:59:59Z gw1 app 17 ID1 [ex@32473 k="v"] one two',
  '<13>no header at all, only words like useradd',
  '<13>1 2026-11-23T11:59:59.5Z h2 app - - - plain',
  '<13>Nov 23 11:59:59 h3 app: line one\nline two useradd',
  '<13>Nov 23 11:59:59 caf\u00e9 app: gr\u00fc\u00dfe 订单号 9',
  '<191>Feb 29 11:59:59 h4 app[x7]: odd pid',
]
const frameOf = fc.oneof(
  fc.constantFrom(...lines).map(line => Buffer.from(line)),
  fc
    .uint8Array({ maxLength: 80 })
    .filter(bytes => bytes.length > 0)
    .map(bytes => Buffer.from(bytes)),
  fc
    .tuple(
      fc.constantFrom('web01', 'db01', 'gw'),
      fc.constantFrom('sshd[7]', 'sudo', 'app[0]', 'k-9'),
      fc.string({ maxLength: 40 }),
    )
    .map(([host, app, text]) => Buffer.from(`<${13}>Nov 23 10:00:00 ${host} ${app}: ${text}`)),
)

describe('store', () => {
  test('frames come back byte for byte, in order, over commits, merges and a restart', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ frames: fc.array(frameOf, { minLength: 1, maxLength: 8 }), full: fc.nat(9).map(n => n === 0) }),
          { minLength: 1, maxLength: 80 },
        ),
        commits => {
          withStore(dir => {
            const builder = createBatchBuilder([])
            let appender = openAppender(dir)
            const frames: Buffer[] = []
            commits.forEach((commit, n) => {
              const batch = batchOf(
                commit.frames.map(frame => ({ frame, receivedAt: noon + n })),
                builder,
              )
              appender.append([{ ...batch, block: { ...batch.block, full: commit.full } }])
              frames.push(...commit.frames)
              appender.merge()
              if (n === 20) {
                appender.close()
                appender = openAppender(dir)
              }
            })
            appender.close()
            const reader = openReader(dir, { recordOf, rawOf }, () => noon)
            deepEqual(allRaw(reader), frames)
            equal(reader.totals().records, frames.length)
            reader.close()
          })
        },
      ),
      { numRuns: 25 },
    )
  })

  test('small blocks on both sides of a full one stay on their side', () => {
    withStore(dir => {
      const builder = createBatchBuilder([])
      const appender = openAppender(dir)
      for (let i = 0; i < 60; i++) {
        const batch = batchOf([{ frame: Buffer.from(`<13>n ${i}`), receivedAt: noon + i }], builder)
        appender.append([{ ...batch, block: { ...batch.block, full: i === 20 } }])
        appender.merge()
      }
      const reader = openReader(dir, { recordOf, rawOf })
      deepEqual(
        allRaw(reader).map(String),
        Array.from({ length: 60 }, (_, i) => `<13>n ${i}`),
      )
      reader.close()
      appender.close()
    })
  })

  test('sequence numbers have no gap over days, merges and restarts', () => {
    withStore(dir => {
      const builder = createBatchBuilder([])
      const days = [0, 1, 1, 3].map(day => noon + day * 86_400_000)
      for (const at of days) {
        const appender = openAppender(dir)
        for (let i = 0; i < 40; i++)
          appender.append([batchOf([{ frame: Buffer.from(`<13>day ${at} ${i}`), receivedAt: at }], builder)])
        while (appender.merge());
        appender.close()
      }
      const reader = openReader(dir, { recordOf, rawOf })
      const { records } = reader.search({ query: { kind: 'all' }, limit: 1000 })
      deepEqual(
        records.map(record => Number(record.id.slice(9))).toReversed(),
        Array.from({ length: 160 }, (_, i) => i + 1),
      )
      deepEqual(new Set(records.map(record => record.id.slice(0, 8))), new Set(['20261123', '20261124', '20261126']))
      reader.close()
    })
  })

  test('a clock that goes back does not open an old day again', () => {
    withStore(dir => {
      const builder = createBatchBuilder([])
      const appender = openAppender(dir)
      appender.append([batchOf([{ frame: Buffer.from('<13>late'), receivedAt: noon + 86_400_000 }], builder)])
      const { day } = appender.append([batchOf([{ frame: Buffer.from('<13>early'), receivedAt: noon }], builder)])
      equal(day, '20261124')
      appender.close()
      const reader = openReader(dir, { recordOf, rawOf })
      equal(reader.search({ query: { kind: 'all' }, limit: 10, to: noon + 1 }).records[0]?.message, 'early')
      reader.close()
    })
  })

  test('retention unlinks old days and nothing else', () => {
    withStore(dir => {
      const builder = createBatchBuilder([])
      const appender = openAppender(dir)
      for (const day of [0, 1, 2])
        appender.append([batchOf([{ frame: Buffer.from(`<13>${day}`), receivedAt: noon + day * 86_400_000 }], builder)])
      deepEqual(appender.removeDaysBefore('20261125', 'age'), ['20261123', '20261124'])
      deepEqual(appender.removeDaysBefore('20270101', 'age'), [])
      appender.close()
      const reader = openReader(dir, { recordOf, rawOf })
      deepEqual(
        reader.search({ query: { kind: 'all' }, limit: 10 }).records.map(record => record.message),
        ['2'],
      )
      reader.close()
    })
  })
})

const queries = [
  'chattr',
  'message:"nc -l"',
  'nc',
  '203.0.113.9',
  '203.0.113',
  'user:alice',
  'cmd:"nc -l 4444"',
  'host:web01',
  'program:sshd',
  'severity<=warning',
  'useradd',
  '*etc*',
  'message:"*resolv*"',
  'NOT app:sshd',
  'sshd AND root',
  'sshd OR useradd',
  'src:203.0.113.0/24',
  '/pass.*root/',
  'user:b*',
  '订单',
  'gr\u00fc\u00dfe',
  'facility:cron',
  'message:word',
  'cmd:*',
  'line',
  'app:k-9',
  'host:caf\u00e9',
  'one',
  'plain',
  '9',
  'failed password',
  '"password for"',
  'message:"a \\\\nnc"',
  'line one',
  'message:"one line"',
  'NOT (failed OR useradd)',
  'root AND NOT host:web0*',
  'peer:192.0.2.0/24 AND transport:tcp',
  'transport:udp OR plain',
  'procid:812',
  'procid:x7',
  'NOT procid:*',
  'msgid:ID1',
  'NOT msgid:*',
  'sd.ex@32473.k:v',
  'timestamp:<"2026-11-23T11:59:59Z"',
  'received:>"2026-11-23T12:00:00.010Z"',
  'format:raw',
  'facility:authpriv AND severity:info',
  'NOT user:root',
  'user:root OR host:web02',
  'action:ssh_login AND NOT outcome:success',
  'passw*',
  '"pass wor"*',
  'message:null',
]

test('records found in the store = records that the predicate accepts, sealed or not', () => {
  fc.assert(
    fc.property(fc.array(frameOf, { minLength: 1, maxLength: 60 }), fc.boolean(), (frames, isSealed) => {
      withStore(dir => {
        const builder = createBatchBuilder([], isSealed ? frames.length : undefined)
        const appender = openAppender(dir)
        const batch = batchOf(
          frames.map((frame, i) => ({ frame, receivedAt: noon + i })),
          builder,
        )
        appender.append([{ ...batch, block: { ...batch.block, full: isSealed } }])
        appender.close()
        const reader = openReader(dir, { recordOf, rawOf, mayDecode }, () => noon)
        const rows = frames.map((frame, i): StoredRow => rowOfFrame(frame, noon + i, origin))
        for (const text of queries) {
          const query = parsed(text)
          const accepts = compileQuery(query, { now: noon })
          const wanted = rows
            .map((row, i) => ({ i, record: recordOf(row, '') as LogRecord }))
            .filter(({ record }) => accepts(recordView(record)))
          const found = reader.search({ query, limit: 1000 }).records.map(record => Number(record.id.slice(9)) - 1)
          deepEqual(
            found.toReversed(),
            wanted.map(({ i }) => i),
            text,
          )
          equal(reader.histogram({ query, to: noon + 1000, buckets: 10 }).total, wanted.length, `histogram of ${text}`)
        }
        reader.close()
      })
    }),
    { numRuns: 60 },
  )
})

test('histogram and facets of everything agree with the records', () => {
  withStore(dir => {
    const builder = createBatchBuilder([])
    const appender = openAppender(dir)
    const sent = Array.from({ length: 300 }, (_, i) => ({
      frame: Buffer.from(lines[i % 4] as string),
      receivedAt: noon + i * 1000,
    }))
    for (let i = 0; i < 300; i += 50) appender.append([batchOf(sent.slice(i, i + 50), builder)])
    appender.close()
    const reader = openReader(dir, { recordOf, rawOf }, () => noon + 300_000)
    const query = { kind: 'all' } as const
    const whole = reader.histogram({ query, from: noon, to: noon + 300_000, buckets: 5 })
    deepEqual(
      whole.buckets.map(bucket => bucket.count),
      [60, 60, 60, 60, 60],
    )
    const fine = reader.histogram({ query, from: noon + 500, to: noon + 100_500, buckets: 100 })
    equal(fine.total, 100)
    ok(fine.buckets.every(bucket => bucket.count === 1))
    deepEqual(reader.facets({ query, fields: ['host'], limit: 2 }).facets, {
      host: [
        { value: 'web02', count: 150 },
        { value: 'db01', count: 75 },
      ],
    })
    deepEqual(reader.facets({ query, fields: ['host'], limit: 1, from: noon, to: noon + 4000 }).facets, {
      host: [{ value: 'web02', count: 2 }],
    })
    deepEqual(
      reader
        .hosts({})
        .map(({ hostname, records, lastSeen }) => [hostname, records, lastSeen])
        .toSorted((a, b) => Number(a[2]) - Number(b[2])),
      [
        ['web01', 75, noon + 296_000],
        ['web02', 150, noon + 298_000],
        ['db01', 75, noon + 299_000],
      ],
    )
    reader.close()
  })
})

test('pages follow each other without gap or repeat, and `after` gives what is new', () => {
  withStore(dir => {
    const builder = createBatchBuilder([])
    const appender = openAppender(dir)
    for (let i = 0; i < 95; i++)
      appender.append([batchOf([{ frame: Buffer.from(`<13>n ${i}`), receivedAt: noon + i }], builder)])
    const reader = openReader(dir, { recordOf, rawOf })
    equal(allRaw(reader).length, 95)
    const first = reader.search({ query: { kind: 'all' }, limit: 10 })
    const second = reader.search({ query: { kind: 'all' }, limit: 10, cursor: first.nextCursor ?? '' })
    deepEqual(
      [...first.records, ...second.records].map(record => record.message),
      Array.from({ length: 20 }, (_, i) => `n ${94 - i}`),
    )
    const news = reader.search({ query: { kind: 'all' }, limit: 3, after: second.records.at(-1)?.id })
    deepEqual([news.matched, news.records.map(record => record.message)], [19, ['n 94', 'n 93', 'n 92']])
    appender.close()
    reader.close()
  })
})
