// Damaged pages, blocks and files: what is whole is served, what is left out is said.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createBatchBuilder } from '../../../src/app/batch-builder.ts'
import { dayOf, type Origin } from '../../../src/model/row.ts'
import { rawOf, recordOf } from '../../../src/parse/record.ts'
import { parseQuery } from '../../../src/query/parse.ts'
import { type Batch, openAppender } from '../../../src/store/sqlite/append.ts'
import { column } from '../../../src/store/sqlite/block.ts'
import { dayPath } from '../../../src/store/sqlite/day-file.ts'
import { openReader } from '../../../src/store/sqlite/reader.ts'
import { run } from '../../cli/run.ts'
import { change, childPages, pageBytes, rootPage, spoilColumn, spoilPage } from './damage.ts'

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

test('searches and counts serve what is whole of a day, and say what they left out', () => {
  withStore(dir => {
    store(dir, [noon, noon, noon], ['ssh one', 'sudo two', 'ssh three'])
    const whole = ask(dir)
    deepEqual(whole.messages, ['ssh three', 'sudo two', 'ssh one'])
    deepEqual([whole.total, whole.facilities, whole.damaged], [3, 3, []])
    spoilColumn(dir, '20261123', 2, column.dictionary)
    const found = ask(dir)
    deepEqual(found.messages, ['ssh three', 'ssh one'])
    deepEqual([found.total, found.facilities], [2, 2])
    equal(found.damaged.length, 3, 'the search, the histogram, the facets')
    for (const [day] of found.damaged) {
      deepEqual([day?.day, day?.blocks_unreadable], ['20261123', 1])
      match(day?.reason ?? '', /the block of record 2 is damaged/)
    }
  })
})

test('a damaged summary takes only its own block out of what is counted on summaries', () => {
  withStore(dir => {
    store(dir, [noon, noon, noon], ['one', 'two', 'three'])
    change(dir, '20261123', db => db.prepare("UPDATE block SET summary = x'0102' WHERE first_seq = 2").run())
    const reader = openReader(dir, { recordOf, rawOf })
    const facets = reader.facets({ query: { kind: 'all' }, fields: ['severity'], limit: 5 })
    deepEqual(facets.facets.severity, [{ value: '5', count: 2 }])
    equal(facets.damaged?.[0]?.blocks_unreadable, 1)
    const histogram = reader.histogram({ query: { kind: 'all' }, from: noon - 60_000, to: noon + 60_000, buckets: 2 })
    equal(histogram.total, 2)
    equal(histogram.damaged?.[0]?.blocks_unreadable, 1)
    reader.close()
  })
})

test('a damaged page of the table of blocks hides the blocks of that page only', () => {
  withStore(dir => {
    store(dir, [noon], ['first'])
    change(dir, '20261123', db => {
      // blocks that hold nothing, so many that the table has several pages
      const insert = db.prepare('INSERT INTO block VALUES (?, 1, 1, ?, ?, zeroblob(3000))')
      for (let seq = 2; seq <= 60; seq++) insert.run(seq, noon, noon)
    })
    const pages = childPages(dir, '20261123', 'block')
    ok(pages.length > 3)
    spoilPage(dir, '20261123', pages[1] as number)
    const reader = openReader(dir, { recordOf, rawOf })
    const { records, damaged } = reader.search({ query: { kind: 'all' }, limit: 10 })
    deepEqual(
      records.map(({ message }) => message),
      ['first'],
    )
    equal(damaged?.[0]?.blocks_unreadable, null)
    reader.close()
  })
})

test('a damaged index makes a search slower, not shorter', () => {
  withStore(dir => {
    const appender = openAppender(dir)
    appender.append([batchOf(noon, '<13>needle in a stack')])
    appender.append([batchOf(noon + dayMs, '<13>next day')])
    appender.close()
    spoilPage(dir, '20261123', rootPage(dir, '20261123', 'term_data'))
    const reader = openReader(dir, { recordOf, rawOf })
    const parsed = parseQuery('needle')
    if (!('query' in parsed)) throw new Error('no query')
    const { records, damaged } = reader.search({ query: parsed.query, limit: 10 })
    equal(records.length, 1)
    equal(damaged, undefined)
    reader.close()
  })
})

test('the command line prints what is left, and names the day on standard error', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'picket-damage-'))
  try {
    store(dir, [noon, noon, noon], ['one', 'two', 'three'])
    spoilColumn(dir, '20261123', 2, column.dictionary)
    for (const [shown, ...args] of [
      [/three[^]*one/, 'search'],
      [/three[^]*one/, 'export'],
      [/2 {2}192\.0\.2\.7/, 'count', '--by', 'peer'],
    ] as const) {
      const { code, out, err } = await run([...args, '--data', dir])
      equal(code, 0, err)
      match(out, shown)
      ok(!out.includes('two'), out)
      match(err, /not all of 20261123 can be read, the rest of it is left out: the block of record 2 is damaged/)
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
})

function ask(dir: string) {
  const reader = openReader(dir, { recordOf, rawOf })
  const query = { kind: 'all' } as const
  try {
    const page = reader.search({ query, limit: 10 })
    // a share is counted on columns
    const share = { index: 0, of: 1 }
    const histogram = reader.histogram({ query, from: noon - 1000, to: noon + 1000, buckets: 2, share })
    const facets = reader.facets({ query, fields: ['facility'], limit: 5 })
    return {
      messages: page.records.map(({ message }) => message),
      total: histogram.total,
      facilities: facets.facets.facility?.[0]?.count,
      damaged: [page.damaged, histogram.damaged, facets.damaged].filter(days => days !== undefined),
    }
  } finally {
    reader.close()
  }
}

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
