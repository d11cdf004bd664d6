// What the columns tell is what the predicate would say; shares, bounds and budgets leave nothing out.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { createBatchBuilder } from '../../../src/app/batch-builder.ts'
import { dayOf, type Origin, type StoredRow } from '../../../src/model/row.ts'
import { mayDecode } from '../../../src/parse/may-decode.ts'
import { rawOf, recordOf } from '../../../src/parse/record.ts'
import { compileQuery } from '../../../src/query/match.ts'
import { parseQuery } from '../../../src/query/parse.ts'
import { recordView } from '../../../src/query/record-view.ts'
import { openAppender } from '../../../src/store/sqlite/append.ts'
import { compileBlockTest } from '../../../src/store/sqlite/block-test.ts'
import { openBlock } from '../../../src/store/sqlite/block-view.ts'
import { openDayForWriting } from '../../../src/store/sqlite/day-file.ts'
import { commonest } from '../../../src/store/sqlite/facets.ts'
import { openReader } from '../../../src/store/sqlite/reader.ts'
import { addFacets, addHistograms } from '../../../src/store/sqlite/shares.ts'
import { no, unknown, yes } from '../../../src/store/sqlite/verdicts.ts'
import type { Reader } from '../../../src/store/store.ts'

const noon = Date.UTC(2026, 10, 23, 12)
const origins: readonly Origin[] = [
  { peer: '192.0.2.7', transport: 'tcp', timeZone: 'UTC', charset: 'windows-1252' },
  { peer: '2001:db8::7', transport: 'udp', timeZone: 'UTC', charset: 'windows-1252' },
  { peer: '192.0.2.7', transport: 'tls', timeZone: 'UTC', charset: 'windows-1252', cert: 'root.example.com' },
]
const decoder = { recordOf, rawOf, mayDecode }

function parsed(q: string) {
  const result = parseQuery(q)
  if ('error' in result) throw new Error(`${q}: ${result.error.message}`)
  return result.query
}

/** Words that meet at every kind of border: blanks, punctuation, ends, line feeds, other letters. */
const piece = fc.constantFrom(
  'failed',
  'Failed',
  'FAILED',
  'failedly',
  'xfailed',
  'password',
  'for',
  'root',
  ' ',
  '  ',
  '\t',
  '\n',
  ':',
  '.',
  '-',
  '\\',
  '#012',
  'é',
  '订单',
  '10.0.0.1',
  'user=root',
  'from 203.0.113.9 port 22 ssh2',
  'dit(',
  '"}',
)
const frameOf = fc
  .tuple(
    fc.constantFrom(
      '<86>Nov 23 11:59:59 web01 sshd[812]: ',
      '<86>2026-11-23T11:59:59.123456+00:00 root sudo: ',
      '<34>1 2026-11-23T11:59:59Z gw1 app 17 ID1 [ex@32473 k="v"] ',
      '<13>1 - h2 failed - - - ',
      '<14>Nov 23 11:59:58 web02 root: HISTORY:PID=1 PPID=2 SID=1 USER=root CMD=',
      '<13>',
      '<13>{"tls.client.subject":"root.example.com","tls":{"client":{"subject":"root.example.com"}},"text":"',
      '',
    ),
    fc.array(piece, { maxLength: 6 }),
  )
  .map(([header, pieces]) => Buffer.from(`${header}${pieces.join('')}`))
  .filter(frame => frame.length > 0)

const leaves = [
  'failed',
  '"failed password"',
  '"password for root"',
  'fail*',
  '*word',
  '"failed "',
  '订单',
  'é',
  '10.0.0.1',
  'message:/fail/',
  'host:web0*',
  'host:root',
  'app:sshd',
  'app:failed',
  'severity<=notice',
  'facility:authpriv',
  'peer:2001:db8::/32',
  'peer:192.0.2.7',
  'transport:udp',
  'procid:812',
  'procid:*',
  'msgid:ID1',
  'format:rfc3164',
  'timestamp:>"2026-11-23T11:59:58Z"',
  'received:>="2026-11-23T12:00:00.002Z"',
  'user:root',
  'user:*',
  'src:203.0.113.9',
  'cmd:"failed password"',
  'outcome:failure',
  'sd.ex@32473.k:v',
  'cert:root.example.com',
  'NOT cert:root*',
]
const queryOf = fc.letrec<{ query: string }>(tie => ({
  query: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('query').map(q => `NOT (${q})`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a}) AND (${b})`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a}) OR (${b})`),
  ),
})).query

test('yes and no from the columns is what the predicate says of the record', () => {
  let decided = 0
  fc.assert(
    fc.property(fc.array(frameOf, { minLength: 1, maxLength: 12 }), queryOf, (frames, q) => {
      const query = parsed(q)
      const builder = createBatchBuilder([], frames.length)
      frames.forEach((frame, i) =>
        builder.take(frame, 0, frame.length, noon + i, origins[i % origins.length] as Origin),
      )
      const { columns } = builder.batch('20261123').block
      const view = openBlock(1, frames.length, id => Buffer.from(columns[id] as Uint8Array))
      const verdicts = compileBlockTest(query, { now: noon, mayDecode })(view)
      const accepts = compileQuery(query, { now: noon })
      for (let i = 0; i < frames.length; i++) {
        const verdict = typeof verdicts === 'number' ? verdicts : verdicts[i]
        if (verdict === unknown) continue
        decided++
        const row: StoredRow = view.row(i)
        equal(verdict, accepts(recordView(recordOf(row, ''))) ? yes : no, `${q} on ${String(row.bytes)}`)
      }
    }),
    { numRuns: 800 },
  )
  ok(decided > 1000)
})

test('where columns alone would be wrong', () => {
  const found = (q: string, ...messages: readonly string[]) => {
    const builder = createBatchBuilder([], messages.length)
    for (const message of messages) {
      const frame = Buffer.from(`<13>Nov 23 11:59:59 web01 app: ${message}`)
      builder.take(frame, 0, frame.length, noon, origins[0] as Origin)
    }
    const { columns } = builder.batch('20261123').block
    const view = openBlock(1, messages.length, id => Buffer.from(columns[id] as Uint8Array))
    const verdicts = compileBlockTest(parsed(q), { now: noon, mayDecode })(view)
    return messages.map((_, i) => (typeof verdicts === 'number' ? verdicts : verdicts[i]))
  }
  // a phrase does not go on in the next message
  deepEqual(found('"failed password"', 'it failed', 'password', 'failed password'), [no, no, yes])
  deepEqual(found('"failed password"', 'failed', 'password', 'failed'), [no, no, no])
  // nor does a word
  deepEqual(found('failed', 'fail', 'ed', 'xfailed failed', 'failedx'), [no, no, yes, no])
  // a parser may decode what does not stand in the frame
  deepEqual(found('user:alice', '{"user.name":"\\u0061lice"}', 'nothing', 'user=alice'), [unknown, no, unknown])
  // a word with an escaped blank
  deepEqual(found('*ed\\ pass*', 'failed password', 'failed', 'password'), [yes, no, no])
  // a frame that is kept whole
  deepEqual(found('caf\u00e9', 'caf\u00e9', 'cafe'), [unknown, no])
})

test('words, header fields and their combinations are decided without a record', () => {
  withRecords(200, (_dir, reader) => {
    for (const q of ['failed', '"failed password" AND NOT host:web1', 'severity<=notice OR sshd', 'procid:7', 'fail*'])
      deepEqual(
        reader.facets({ query: parsed(q), fields: ['host'], limit: 9, bounds: { matching: 0, judged: 1 } }).sampled,
        {},
      )
  })
})

test('shares of a histogram and of facets add up to the whole', () => {
  withRecords(300, (dir, _reader) => {
    spreadOut(dir)
    const reader = openReader(dir, decoder, () => noon)
    for (const q of ['', 'failed', 'user:root OR host:web1']) {
      const range = { query: parsed(q), from: noon, to: noon + 300_000 }
      const whole = reader.histogram({ ...range, buckets: 7 })
      const shares = [0, 1, 2].map(index => ({ index, of: 3 }))
      const parts = shares.map(share => reader.histogram({ ...range, buckets: 7, share }))
      ok(parts.every(part => part.total > 0))
      deepEqual(parts.reduce(addHistograms), whole)
      const counts = { ...range, fields: ['host', 'severity', 'peer', 'user.name'], limit: 9 }
      const { facets } = reader.facets(counts)
      deepEqual(
        addFacets(
          shares.map(share => reader.facets({ ...counts, share }).facets),
          9,
        ),
        facets,
      )
    }
    reader.close()
  })
})

/** Moves the blocks so far apart that they lie in different stripes. */
function spreadOut(dir: string): void {
  const db = openDayForWriting(dir, dayOf(noon))
  db.exec(`
    UPDATE block SET sealed = 0;
    UPDATE block SET first_seq = -first_seq * 5243;
    UPDATE block SET first_seq = -first_seq;
    UPDATE column_data SET id = -((id / 16) * 5243 * 16 + id % 16);
    UPDATE column_data SET id = -id;
  `)
  db.close()
}

test('facets count what brute force counts, and say what they left out', () => {
  withRecords(300, (_dir, reader) => {
    const fields = ['host', 'app', 'severity', 'facility', 'peer', 'transport', 'user.name', 'source.port', 'cert']
    for (const q of ['', 'failed', 'user:root', 'outcome:failure', 'NOT failed']) {
      const { facets, sampled } = reader.facets({ query: parsed(q), fields, limit: 100 })
      deepEqual(sampled, {})
      const { records } = reader.search({ query: parsed(q), limit: 1000 })
      const count = (value: (record: (typeof records)[number]) => unknown) => {
        const counts = new Map<string, number>()
        for (const record of records) {
          const of = value(record)
          if (of !== undefined && of !== null) counts.set(String(of), (counts.get(String(of)) ?? 0) + 1)
        }
        return Object.fromEntries(counts)
      }
      const found = (field: string) =>
        Object.fromEntries((facets[field] ?? []).map(({ value, count: n }) => [value, n]))
      deepEqual(
        found('host'),
        count(record => record.hostname),
        q,
      )
      deepEqual(
        found('app'),
        count(record => record.app_name),
        q,
      )
      deepEqual(
        found('severity'),
        count(record => record.severity),
        q,
      )
      deepEqual(
        found('facility'),
        count(record => record.facility),
        q,
      )
      deepEqual(
        found('peer'),
        count(record => record.peer),
        q,
      )
      deepEqual(
        found('transport'),
        count(record => record.transport),
        q,
      )
      deepEqual(
        found('cert'),
        count(record => record.fields['tls.client.subject']),
        q,
      )
      deepEqual(
        found('user.name'),
        count(record => record.fields['user.name']),
        q,
      )
      deepEqual(
        found('source.port'),
        count(record => record.fields['source.port']),
        q,
      )
    }
    const bounds = { matching: 100, judged: 1000 }
    const newest = reader.facets({ query: parsed(''), fields: ['host', 'user.name'], limit: 9, bounds })
    deepEqual(newest.sampled, { 'user.name': 100 })
    equal(
      newest.facets['host']?.reduce((sum, { count }) => sum + count, 0),
      300,
    )
    equal(
      newest.facets['user.name']?.reduce((sum, { count }) => sum + count, 0),
      50,
    )
    const judged = reader.facets({
      query: parsed('outcome:failure'),
      fields: ['host'],
      limit: 9,
      bounds: { matching: 100, judged: 60 },
    })
    ok((judged.sampled['host'] ?? 300) < 150)
  })
})

test('blocks that are kept from one search to the next go with their files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'picket-reader-'))
  try {
    const builder = createBatchBuilder([])
    const appender = openAppender(dir)
    const days = Array.from({ length: 20 }, (_, day) => noon + day * 86_400_000)
    for (const at of days) {
      const frame = Buffer.from('<86>Nov 23 11:59:59 web01 sshd[7]: Failed password')
      builder.take(frame, 0, frame.length, at, origins[0] as Origin)
      const batch = builder.batch(dayOf(at))
      appender.append([{ ...batch, block: { ...batch.block, full: true } }])
    }
    appender.close()
    const reader = openReader(dir, decoder, () => noon)
    // reads one column only
    reader.facets({ query: parsed('host:web01'), fields: ['host'], limit: 1 })
    for (const q of ['failed', 'host:web01', 'severity:info', 'failed'])
      equal(reader.search({ query: parsed(q), limit: 100 }).records.length, days.length, q)
    reader.close()
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('the commonest of very many values', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 100 }), (limit, spread) => {
      const counts = new Map(Array.from({ length: 5000 }, (_, i) => [`v${(i * 7919) % 5000}`, ((i * 31) % spread) + 1]))
      const sorted = [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, limit)
      deepEqual(
        commonest(counts, limit).map(({ value, count }) => [value, count]),
        sorted,
      )
    }),
    { numRuns: 30 },
  )
})

test('a page that ran out of time goes on where it stopped', () => {
  const made = mkdtempSync(join(tmpdir(), 'picket-reader-'))
  try {
    fill(made, 300)
    let clock = noon
    const reader = openReader(made, decoder, () => clock++)
    const found: string[] = []
    let pages = 0
    let cursor: string | undefined
    do {
      const page = reader.search({ query: parsed('outcome:failure'), limit: 1000, cursor, budgetMs: 2 })
      found.push(...page.records.map(record => record.id))
      cursor = page.nextCursor ?? undefined
      pages++
    } while (cursor !== undefined)
    ok(pages > 1)
    deepEqual(
      found,
      reader.search({ query: parsed('outcome:failure'), limit: 1000 }).records.map(record => record.id),
    )
    reader.close()
  } finally {
    rmSync(made, { recursive: true })
  }
})

function withRecords(count: number, run: (dir: string, reader: Reader) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'picket-reader-'))
  try {
    fill(dir, count)
    const reader = openReader(dir, decoder, () => noon)
    run(dir, reader)
    reader.close()
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Every second record is a failed login; blocks of 50, every second one sealed. */
function fill(dir: string, count: number): void {
  const builder = createBatchBuilder([])
  const appender = openAppender(dir)
  for (let i = 0; i < count; i++) {
    const text =
      i % 2 === 0
        ? `<86>Nov 23 11:59:59 web${i % 3} sshd[7]: Failed password for root from 203.0.113.9 port ${i % 5} ssh2`
        : `<13>Nov 23 11:59:59 web${i % 3} app: all is well, number ${i}`
    const frame = Buffer.from(text)
    builder.take(frame, 0, frame.length, noon + i * 1000, origins[i % 2] as Origin)
    if (builder.count === 50) {
      const batch = builder.batch(dayOf(noon))
      appender.append([{ ...batch, block: { ...batch.block, full: (i / 50) % 2 < 1 } }])
    }
  }
  appender.close()
}
