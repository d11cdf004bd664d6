// Damaged pages, blocks and files: what is whole is served, what is left out is said.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createBatchBuilder } from '../../../src/app/batch-builder.ts'
import { dayOf, type Origin } from '../../../src/model/row.ts'
import { rawOf, recordOf } from '../../../src/parse/record.ts'
import { type Batch, openAppender } from '../../../src/store/sqlite/append.ts'
import { column } from '../../../src/store/sqlite/block.ts'
import { dayPath } from '../../../src/store/sqlite/day-file.ts'
import { openReader } from '../../../src/store/sqlite/reader.ts'
import { change, childPages, pageBytes, spoilColumn, spoilPage } from './damage.ts'

const origin: Origin = { peer: '192.0.2.7', transport: 'udp', timeZone: 'UTC', charset: 'windows-1252' }
const dayMs = 86_400_000
const noon = Date.UTC(2026, 10, 23, 12)
const builder = createBatchBuilder([])

test('a hit whose record cannot be read is told of with its rules, and the ones behind it come', () => {
  withStore(dir => {
    store(dir, [noon, noon, noon], ['ssh', 'sudo', 'cron'])
    for (const broken of [column.dictionary, column.message, column.pri, column.received]) {
      const restore = spoilColumn(dir, '20261123', 2, broken)
      const { hits, checkpoint, unreadable } = hitsOf(dir)
      deepEqual(
        hits.map(hit => hit.record.message),
        ['ssh', 'cron'],
      )
      deepEqual(checkpoint, { day: '20261123', n: 3 })
      deepEqual(
        unreadable.map(({ day, rulesOfHits }) => ({ day, rulesOfHits })),
        [{ day: '20261123', rulesOfHits: [['sudo']] }],
      )
      match(unreadable[0]?.reason ?? '', /block of record 2 is damaged/)
      restore()
    }
    equal(hitsOf(dir).hits.length, 3)
  })
})

test('a block that is gone takes only the hits on its own records along', () => {
  withStore(dir => {
    store(dir, [noon, noon, noon], ['ssh', 'sudo', 'cron'])
    change(dir, '20261123', db => db.exec('DELETE FROM block WHERE first_seq = 2'))
    const { hits, unreadable } = hitsOf(dir)
    deepEqual(
      hits.map(hit => hit.n),
      [1, 3],
    )
    deepEqual(unreadable, [{ day: '20261123', reason: 'record 2 of a hit is not there', rulesOfHits: [['sudo']] }])
  })
})

test('a day whose file is no database is passed over: the hits of the others come', () => {
  withStore(dir => {
    store(dir, [noon, noon + dayMs, noon + 2 * dayMs], ['ssh', 'sudo', 'cron'])
    writeFileSync(dayPath(dir, '20261124'), Buffer.alloc(2 * pageBytes, 7))
    const { hits, checkpoint, unreadable } = hitsOf(dir)
    deepEqual(
      hits.map(({ day, n }) => [day, n]),
      [
        ['20261123', 1],
        ['20261125', 1],
      ],
    )
    deepEqual(checkpoint, { day: '20261125', n: 1 })
    deepEqual(
      unreadable.map(({ day, rulesOfHits }) => ({ day, rulesOfHits })),
      [{ day: '20261124', rulesOfHits: [] }],
    )
    match(unreadable[0]?.reason ?? '', /20261124\.db: file is not a database/)
  })
})

test('a damaged page of the hit list is passed: every hit before and behind it comes once', () => {
  withStore(dir => {
    store(dir, [noon], ['ssh'])
    change(dir, '20261123', db => {
      const insert = db.prepare("INSERT INTO hit(seq, rules, record) VALUES (1, ?, '')")
      db.transaction(() => {
        for (let i = 2; i <= 4000; i++) insert.run(JSON.stringify([`rule ${i}`]))
      })()
    })
    spoilPage(dir, '20261123', childPages(dir, '20261123', 'hit')[1] as number)
    const found: number[] = []
    const reasons = new Set<string>()
    const reader = openReader(dir, { recordOf, rawOf })
    let at: { readonly day: string; readonly n: number } | undefined
    for (;;) {
      const helping = reader.hitsAfter(at, 500)
      found.push(...helping.hits.map(hit => hit.n))
      for (const { reason } of helping.unreadable) reasons.add(reason)
      if (helping.checkpoint === undefined) break
      at = helping.checkpoint
    }
    reader.close()
    const gaps = found.filter((n, i) => i > 0 && n !== (found[i - 1] as number) + 1)
    equal(gaps.length, 1, 'one page, one gap')
    equal(found[0], 1)
    equal(found.at(-1), 4000)
    ok(found.length > 2000 && found.length < 4000)
    equal(reasons.size, 1)
    match([...reasons][0] as string, /malformed/)
  })
})

/** One batch per time, each with a hit of the rule of the same place. */
function store(dir: string, times: readonly number[], rules: readonly string[]): void {
  const appender = openAppender(dir)
  times.forEach((at, i) => {
    appender.append([{ ...batchOf(at, `<13>${rules[i]}`), hits: [{ row: 0, ruleIds: [rules[i] as string] }] }])
  })
  appender.close()
}

function batchOf(at: number, frame: string): Batch {
  const bytes = Buffer.from(frame)
  builder.take(bytes, 0, bytes.length, at, origin)
  return builder.batch(dayOf(at))
}

function hitsOf(dir: string) {
  const reader = openReader(dir, { recordOf, rawOf })
  try {
    return reader.hitsAfter(undefined, 100)
  } finally {
    reader.close()
  }
}

function withStore(run: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'picket-damage-'))
  try {
    run(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}
