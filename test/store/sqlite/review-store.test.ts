// What went wrong once, or could: clocks that jump, disks that fail in the middle, damage, very large records.
import { deepEqual, equal, match, ok, throws } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { createBatchBuilder } from '../../../src/app/batch-builder.ts'
import { dayOf, type Origin } from '../../../src/model/row.ts'
import { rawOf, recordOf } from '../../../src/parse/record.ts'
import { type Batch, openAppender } from '../../../src/store/sqlite/append.ts'
import { column } from '../../../src/store/sqlite/block.ts'
import { dayPath, listDays, openDayForWriting } from '../../../src/store/sqlite/day-file.ts'
import { openReader } from '../../../src/store/sqlite/reader.ts'

const origin: Origin = { peer: '192.0.2.7', transport: 'udp', timeZone: 'UTC', charset: 'windows-1252' }
const dayMs = 86_400_000
const noon = Date.UTC(2026, 10, 23, 12)
const everything = { query: { kind: 'all' }, limit: 1000 } as const
const builder = createBatchBuilder([])

test('after a restart a clock that went back does not open an old day again', () => {
  withStore(dir => {
    for (const at of [noon, noon + 3650 * dayMs, noon, noon, noon + dayMs]) {
      const appender = openAppender(dir)
      appender.append([batchOf(at, `<13>at ${at}`)])
      appender.append([batchOf(at, `<13>again ${at}`)])
      appender.close()
    }
    deepEqual(
      stored(dir).map(({ id }) => id),
      [1, 2]
        .map(seq => `20261123-${String(seq).padStart(12, '0')}`)
        .concat([3, 4, 5, 6, 7, 8, 9, 10].map(seq => `20361120-${String(seq).padStart(12, '0')}`)),
    )
  })
})

test('a new day that cannot be opened can be opened later', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    appender.append([batchOf(noon, '<13>one')])
    const obstacle = dayPath(dir, dayOf(noon + dayMs))
    mkdirSync(obstacle)
    throws(() => appender.append([batchOf(noon + dayMs, '<13>two')]))
    throws(() => appender.append([batchOf(noon + dayMs, '<13>two')]))
    rmSync(obstacle, { recursive: true })
    appender.append([batchOf(noon + dayMs, '<13>two')])
    appender.close()
    deepEqual(messages(dir), ['one', 'two'])
  })
})

test('batches of several days: what failed is stored once when it is tried again', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    const obstacle = dayPath(dir, dayOf(noon + dayMs))
    mkdirSync(join(dir, 'records'), { recursive: true })
    mkdirSync(obstacle)
    const waiting = [batchOf(noon, '<13>one'), batchOf(noon, '<13>two'), batchOf(noon + dayMs, '<13>three')]
    const first = appender.append(waiting)
    deepEqual([first.batches, first.records, first.day, first.lastSeq], [2, 2, '20261123', 2])
    throws(() => appender.append(waiting.slice(2)))
    rmSync(obstacle, { recursive: true })
    const second = appender.append(waiting.slice(2))
    deepEqual([second.batches, second.records, second.day, second.lastSeq], [1, 1, '20261124', 3])
    appender.close()
    deepEqual(messages(dir), ['one', 'two', 'three'])
  })
})

test('a merge that failed leaves nothing behind for the next one', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    const sent = Array.from({ length: 40 }, (_, i) => `n ${i}`)
    for (const text of sent) appender.append([batchOf(noon, `<13>${text}`)])
    const db = openDayForWriting(dir, '20261123')
    const id = 9 * 16 + column.message
    const good = db.prepare('SELECT data FROM column_data WHERE id = ?').pluck().get(id)
    const put = db.prepare('UPDATE column_data SET data = ? WHERE id = ?')
    put.run(Buffer.from([1, 2, 3, 4]), id)
    throws(() => appender.merge())
    put.run(good, id)
    db.close()
    equal(appender.merge(), true)
    appender.close()
    deepEqual(messages(dir), sent)
  })
})

test('a damaged block does not keep the next day from being written', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    for (let i = 0; i < 3; i++) appender.append([batchOf(noon, `<13>n ${i}`)])
    const db = openDayForWriting(dir, '20261123')
    db.prepare('UPDATE column_data SET data = ? WHERE id = ?').run(
      Buffer.from([1, 2, 3, 4]),
      2 * 16 + column.dictionary,
    )
    db.close()
    appender.append([batchOf(noon + dayMs, '<13>next day')])
    appender.close()
    const reader = openReader(dir, { recordOf, rawOf })
    deepEqual(
      reader.search({ ...everything, from: noon + dayMs }).records.map(({ message }) => message),
      ['next day'],
    )
    reader.close()
  })
})

test('merging large records makes no block larger than about two full ones', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    const text = 'x'.repeat(1 << 20)
    for (let i = 0; i < 70; i++) {
      appender.append([batchOf(noon, `<13>${i} ${text}`)])
      appender.merge()
    }
    appender.append([batchOf(noon + dayMs, '<13>next day')])
    appender.close()
    const db = openDayForWriting(dir, '20261123')
    const counts = db.prepare('SELECT count FROM block').pluck().all() as number[]
    db.close()
    equal(
      counts.reduce((sum, count) => sum + count, 0),
      70,
    )
    ok(Math.max(...counts) <= 8, `${Math.max(...counts)} MiB in one block`)
    deepEqual(
      stored(dir).map(({ message }) => Number(message.split(' ')[0])),
      [...Array.from({ length: 70 }, (_, i) => i), Number.NaN],
    )
  })
})

test('a page of large records ends early and goes on at its cursor', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    const text = 'y'.repeat(1 << 20)
    for (let i = 0; i < 40; i++) appender.append([batchOf(noon, `<13>${i} ${text}`)])
    appender.close()
    const reader = openReader(dir, { recordOf, rawOf })
    const page = reader.search({ ...everything, raw: true })
    ok(page.records.length < 40)
    equal(page.nextCursor, page.records.at(-1)?.id)
    const news = reader.search({ ...everything, after: '20261123-000000000002' })
    equal(news.matched, 38)
    ok(news.records.length < 38)
    reader.close()
    deepEqual(
      stored(dir).map(({ message }) => Number(message.split(' ')[0])),
      Array.from({ length: 40 }, (_, i) => i),
    )
  })
})

test('hits with large records come in smaller helpings, none left out', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    for (let i = 0; i < 20; i++)
      appender.append([{ ...batchOf(noon + (i > 9 ? dayMs : 0), '<13>x'), hits: [{ row: 0, ruleIds: ['r'] }] }])
    appender.close()
    // as the first versions stored them, with the record itself
    for (const day of listDays(dir)) {
      const db = new Database(dayPath(dir, day))
      db.prepare('UPDATE hit SET record = ?').run(JSON.stringify({ message: 'z'.repeat(1 << 20) }))
      db.close()
    }
    const reader = openReader(dir, { recordOf, rawOf })
    const seqs: string[] = []
    let at: { day: string; n: number } | undefined
    for (;;) {
      const helping = reader.hitsAfter(at, 1000).hits
      const last = helping.at(-1)
      if (last === undefined) break
      ok(helping.length < 12)
      seqs.push(...helping.map(hit => hit.record.id))
      at = { day: last.day, n: last.n }
    }
    deepEqual(
      seqs.map(id => Number(id.slice(9))),
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
    reader.close()
  })
})

test('a file that holds no tables yet is a day without records', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    appender.append([batchOf(noon, '<13>one')])
    writeFileSync(dayPath(dir, '20261124'), '')
    const reader = openReader(dir, { recordOf, rawOf })
    equal(reader.search(everything).records.length, 1)
    equal(reader.totals().records, 1)
    deepEqual(reader.hitsAfter(undefined, 10).hits, [])
    appender.append([batchOf(noon + dayMs, '<13>two')])
    equal(reader.search(everything).records.length, 2)
    reader.close()
    appender.close()
  })
})

test('a removed day is let go of', { skip: process.platform !== 'linux' }, () => {
  withStore(dir => {
    const appender = openAppender(dir)
    const reader = openReader(dir, { recordOf, rawOf })
    for (let day = 0; day < 4; day++) {
      appender.append([batchOf(noon + day * dayMs, `<13>day ${day}`)])
      equal(reader.search(everything).records.length, day + 1)
    }
    appender.removeDaysBefore('20261126', 'age')
    equal(reader.hitsAfter(undefined, 10).hits.length, 0)
    deepEqual(
      openFiles().filter(path => path.startsWith(dir) && path.endsWith('(deleted)')),
      [],
    )
    equal(reader.search(everything).records.length, 1)
    reader.close()
    appender.close()
  })
})

test('a damaged day is named in the answer, and the others are searched', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    appender.append([batchOf(noon, '<13>one')])
    appender.append([batchOf(noon + dayMs, '<13>two')])
    appender.close()
    writeFileSync(dayPath(dir, '20261123'), Buffer.alloc(32_768, 7))
    const reader = openReader(dir, { recordOf, rawOf })
    const { records, damaged = [] } = reader.search(everything)
    deepEqual(
      records.map(({ message }) => message),
      ['two'],
    )
    deepEqual(
      damaged.map(({ day, blocks_unreadable }) => [day, blocks_unreadable]),
      [['20261123', null]],
    )
    match(damaged[0]?.reason ?? '', /20261123\.db/)
    equal(reader.search({ ...everything, from: noon + dayMs }).records.length, 1)
    reader.close()
  })
})

test('the host list stays bounded, the newest hosts stand in it', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    for (let block = 0; block < 3; block++) {
      for (let i = 0; i < 8000; i++) {
        const frame = Buffer.from(`<13>Nov 23 11:59:59 h${block}-${i} app: x`)
        builder.take(frame, 0, frame.length, noon + block, origin)
      }
      appender.append([builder.batch('20261123')])
    }
    appender.close()
    const reader = openReader(dir, { recordOf, rawOf })
    const hosts = reader.hosts({})
    ok(hosts.length <= 10_000)
    equal(hosts.filter(({ hostname }) => hostname.startsWith('h2-')).length, 8000)
    reader.close()
  })
})

function batchOf(at: number, frame: string): Batch {
  const bytes = Buffer.from(frame)
  builder.take(bytes, 0, bytes.length, at, origin)
  return builder.batch(dayOf(at))
}

function stored(dir: string) {
  const reader = openReader(dir, { recordOf, rawOf })
  try {
    const records = []
    let cursor: string | null = null
    do {
      const page = reader.search({ ...everything, cursor: cursor ?? undefined })
      records.push(...page.records)
      cursor = page.nextCursor
    } while (cursor !== null)
    return records.toReversed()
  } finally {
    reader.close()
  }
}

function messages(dir: string): string[] {
  return stored(dir).map(({ message }) => message)
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      return [] // the one that read the folder
    }
  })
}

function withStore(run: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'picket-review-'))
  try {
    run(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}
