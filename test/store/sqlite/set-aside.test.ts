// A newest day that is too damaged to be written to: set aside and still read, the day goes on in a new file, no number is
// given away twice, and nothing of that is hidden.
import { deepEqual, equal, match, ok, throws } from 'node:assert/strict'
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createBatchBuilder } from '../../../src/app/batch-builder.ts'
import { diagnoseStore } from '../../../src/cli/doctor-store.ts'
import { dayOf, type Origin } from '../../../src/model/row.ts'
import { rawOf, recordOf } from '../../../src/parse/record.ts'
import { type Batch, openAppender } from '../../../src/store/sqlite/append.ts'
import { dayPath, listDamaged, listDays } from '../../../src/store/sqlite/day-file.ts'
import { verifyStore } from '../../../src/store/sqlite/integrity/verify.ts'
import { openReader } from '../../../src/store/sqlite/reader.ts'
import { rootPage, spoilPage } from './damage.ts'

const origin: Origin = { peer: '192.0.2.7', transport: 'udp', timeZone: 'UTC', charset: 'windows-1252' }
const noon = Date.UTC(2026, 10, 23, 12)
const day = '20261123'
const clock = (): number => noon + 3_600_000
const builder = createBatchBuilder([])

test('a file that is no database any more: the day goes on with numbers that nobody has', () => {
  withStore(dir => {
    store(dir, ['one', 'two'])
    writeFileSync(dayPath(dir, day), Buffer.alloc(32_768, 7))
    const appender = openAppender(dir, clock)
    equal(appender.aside?.path, join(dir, 'records/damaged/20261123-130000.db'))
    match(appender.aside?.reason ?? '', /not a database/)
    equal(appender.missing?.firstSeq, 1)
    const { lastSeq } = appender.append([batchOf('three')])
    ok(lastSeq > 2)
    equal(appender.missing?.lastSeq, lastSeq - 1)
    appender.close()
    equal(openAndClose(dir).aside, undefined, 'once')
    deepEqual(listDays(dir), [day])

    const { outcome, findings } = verifyStore(dir)
    equal(outcome, 'altered')
    ok(findings.some(({ kind, text }) => kind === 'unreadable' && text.includes('damaged/20261123-130000.db')))
    const told = diagnoseStore(dir, { deep: false }).find(({ text }) => text.includes('damaged/20261123-130000.db'))
    equal(told?.level, 'error')
    match(told?.text ?? '', /not a database/)
  })
})

test('what is left of the file is searched, and its hits come before those of the new one', () => {
  withStore(dir => {
    store(dir, ['one', 'two'])
    spoilPage(dir, day, rootPage(dir, day, 'batch'))
    const appender = openAppender(dir, clock)
    match(appender.aside?.reason ?? '', /malformed/)
    appender.append([batchOf('three')])
    appender.close()
    const reader = openReader(dir, { recordOf, rawOf })
    const { records } = reader.search({ query: { kind: 'all' }, limit: 10 })
    deepEqual(
      records.map(({ message }) => message),
      ['three', 'two', 'one'],
    )
    equal(new Set(records.map(({ id }) => id)).size, 3)
    const all = reader.hitsAfter(undefined, 10)
    deepEqual(
      all.hits.map(({ record }) => record.message),
      ['one', 'two', 'three'],
    )
    // alerting had come as far as this before the damage
    deepEqual(
      reader.hitsAfter({ day, n: 2 }, 10).hits.map(({ record }) => record.message),
      ['three'],
    )
    equal(reader.totals().records, 3)
    equal(reader.totals().days, 1)
    reader.close()
  })
})

test('a damaged page that only writing meets is found at the start, not in the first batch', () => {
  withStore(dir => {
    store(dir, ['one', 'two'])
    spoilPage(dir, day, rootPage(dir, day, 'event'))
    const appender = openAppender(dir, clock)
    ok(appender.aside !== undefined)
    // the chain tells where the file ended
    equal(appender.missing?.lastSeq, 2)
    equal(appender.append([batchOf('three')]).lastSeq, 3)
    appender.close()
  })
})

test('a start that was killed while it set the file aside is ended by the next one', () => {
  withStore(dir => {
    store(dir, ['one', 'two'])
    mkdirSync(join(dir, 'records/damaged'))
    linkSync(dayPath(dir, day), dayPath(dir, `${day}-120000`))
    writeFileSync(`${dayPath(dir, day)}-wal`, '')
    const appender = openAppender(dir, clock)
    deepEqual(listDamaged(dir), [`${day}-120000`])
    equal(appender.missing?.lastSeq, 2)
    equal(appender.append([batchOf('three')]).lastSeq, 3)
    appender.close()
    ok(existsSync(`${dayPath(dir, `${day}-120000`)}-wal`))
  })
})

test('retention takes damaged files along with their days', () => {
  withStore(dir => {
    store(dir, ['one'])
    writeFileSync(dayPath(dir, day), Buffer.alloc(32_768, 7))
    const appender = openAppender(dir, clock)
    appender.append([batchOf('two', noon + 86_400_000)])
    deepEqual(appender.removeDaysBefore('20261124', 'age'), [day])
    deepEqual(listDamaged(dir), [])
    appender.close()
  })
})

test('an old day that is damaged goes when its time has come', () => {
  withStore(dir => {
    store(dir, ['one'])
    const appender = openAppender(dir, clock)
    appender.append([batchOf('two', noon + 86_400_000)])
    writeFileSync(dayPath(dir, day), Buffer.alloc(32_768, 7))
    deepEqual(appender.removeDaysBefore('20261124', 'age'), [day])
    appender.close()
  })
})

test('what cannot be opened for another reason stays where it is', () => {
  withStore(dir => {
    store(dir, ['one'])
    mkdirSync(dayPath(dir, '20261124'))
    throws(() => openAppender(dir, clock), { code: 'SQLITE_CANTOPEN' })
    deepEqual(
      readdirSync(join(dir, 'records')).filter(name => name.endsWith('.db')),
      ['20261123.db', '20261124.db'],
    )
    deepEqual(listDamaged(dir), [])
  })
})

function store(dir: string, texts: readonly string[]): void {
  const appender = openAppender(dir, clock)
  for (const text of texts) appender.append([batchOf(text)])
  appender.close()
}

function openAndClose(dir: string) {
  const appender = openAppender(dir, clock)
  appender.close()
  return appender
}

function batchOf(text: string, at = noon): Batch {
  const bytes = Buffer.from(`<13>${text}`)
  builder.take(bytes, 0, bytes.length, at, origin)
  return { ...builder.batch(dayOf(at)), hits: [{ row: 0, ruleIds: ['r'] }] }
}

function withStore(run: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'picket-aside-'))
  try {
    run(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}
