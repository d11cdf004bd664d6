// Data folders of every schema that ever was, as a kill left them: read, verified, written to, and migrated in spite of
// kills; what a newer Picket wrote is refused.
import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import Database from 'better-sqlite3'
import { createBatchBuilder } from '../../../src/app/batch-builder.ts'
import { engine } from '../../../src/cli/engine.ts'
import type { Origin } from '../../../src/model/row.ts'
import { parseQuery } from '../../../src/query/parse.ts'
import { type Appender, openAppender } from '../../../src/store/sqlite/append.ts'
import { checkDay } from '../../../src/store/sqlite/check.ts'
import { dayPath, listDays, openDayForReading } from '../../../src/store/sqlite/day-file.ts'
import { verifyStore } from '../../../src/store/sqlite/integrity/verify.ts'
import { openState } from '../../../src/store/sqlite/state.ts'
import { run } from '../../cli/run.ts'
import { allRecords } from './data-folder.ts'
import { storedFrames } from './fixtures/frames.ts'
import { storeFixtures, unpackStore } from './fixtures/open.ts'

const root = mkdtempSync(join(tmpdir(), 'picket-migration-'))
after(() => rmSync(root, { recursive: true }))

function unpacked(fixture: string): string {
  const dir = mkdtempSync(join(root, 'data-'))
  unpackStore(fixture, dir)
  return dir
}

const frames = storedFrames.flat()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const rawOf = async (dir: string): Promise<readonly string[]> =>
  (await allRecords(dir)).map(({ raw = '' }) => hex(Buffer.from(raw, 'base64')))

function append(appender: Appender, day: string, lines: readonly Buffer[]): void {
  const origin: Origin = { peer: '192.0.2.9', transport: 'udp', timeZone: 'UTC', charset: 'windows-1252' }
  const builder = createBatchBuilder([])
  for (const line of lines) builder.take(line, 0, line.length, Date.UTC(2026, 10, 22, 13), origin)
  appender.append([builder.batch(day)])
}

test('there is a fixture of each schema, from the first one to today’s', () => {
  const dir = mkdtempSync(join(root, 'now-'))
  const appender = openAppender(dir)
  append(appender, '20261122', frames.slice(0, 1))
  appender.close()
  const db = new Database(dayPath(dir, '20261122'), { readonly: true })
  const version = db.pragma('user_version', { simple: true }) as number
  db.close()
  deepEqual(
    storeFixtures.toSorted(),
    Array.from({ length: version }, (_, i) => `records-${i + 1}`),
    'run test/store/sqlite/fixtures/make.ts with the code before the change',
  )
})

for (const fixture of storeFixtures) {
  test(`${fixture}: read as it is, byte for byte, and searched with its index`, async () => {
    const dir = unpacked(fixture)
    deepEqual(await rawOf(dir), frames.map(hex))
    const reader = await engine.openReader(dir)
    const parsed = parseQuery('message:password AND src:192.0.2.21')
    if ('error' in parsed) throw new Error(parsed.error.message)
    const { records } = reader.search({ query: parsed.query, limit: 10 })
    deepEqual(
      records.map(({ id, hostname }) => [id, hostname]),
      [
        ['20261122-000000000322', 'host0'],
        ['20261121-000000000272', 'host5'],
        ['20261121-000000000022', 'host0'],
      ],
    )
    deepEqual(
      reader.hitsAfter(undefined, 10).hits.map(({ n, day }) => [n, day]),
      [
        [1, '20261121'],
        [1, '20261122'],
      ],
    )
    reader.close()
  })

  test(`${fixture}: goes on, is verified, and has what it had`, async () => {
    const dir = unpacked(fixture)
    const fresh = [Buffer.from('<13>Nov 22 13:00:00 web09 app: behind the migration')]
    const appender = openAppender(dir)
    equal(appender.missing, undefined)
    append(appender, '20261122', fresh)
    append(appender, '20261123', fresh)
    appender.close()
    deepEqual(await rawOf(dir), [...frames, ...fresh, ...fresh].map(hex))
    const { outcome, findings, records, recordsBefore } = verifyStore(dir, { deep: true })
    deepEqual(findings, [])
    equal(outcome, 'intact')
    equal(records + recordsBefore, frames.length + 2)
    for (const day of listDays(dir)) {
      const db = openDayForReading(dir, day)
      if (db === undefined) throw new Error(day)
      deepEqual(checkDay(db, { deep: true }).problems, [], day)
      db.close()
    }
  })

  test(`${fixture}: accounts, alerts and mails are there`, () => {
    const dir = unpacked(fixture)
    const state = openState(join(dir, 'picket.db'))
    deepEqual(
      state.people.users().map(({ name, role }) => [name, role]),
      [['alice', 'admin']],
    )
    equal(state.alerts.find(1)?.comments[0]?.text, 'seen')
    deepEqual(state.alerts.checkpoint(), { day: '20261121', n: 1 })
    deepEqual(
      state.outbox.due(Number.MAX_SAFE_INTEGER, 10).map(({ messageId }) => messageId),
      ['<1@example.com>'],
    )
    state.close()
  })

  test(`${fixture}: a kill after any statement of the migration loses nothing; the next start finishes it`, async () => {
    const dir = unpacked(fixture)
    let kills = 0
    while (openKilledAfter(dir, kills + 1) === 'SIGKILL') {
      kills++
      deepEqual(await rawOf(dir), frames.map(hex), `killed after statement ${kills}`)
    }
    const version = Number(fixture.slice('records-'.length))
    const isOld = version < storeFixtures.length
    equal(kills > 0, isOld)
    deepEqual(await rawOf(dir), frames.map(hex))
    const appender = openAppender(dir)
    append(appender, '20261122', frames.slice(0, 1))
    appender.close()
    deepEqual(verifyStore(dir, { deep: true }).findings, [])
  })
}

/** Opens the folder for writing in a process that is killed after the n-th statement that changes a schema. */
function openKilledAfter(dir: string, n: number): NodeJS.Signals | null {
  const file = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)
  const code = `
    import Database from 'better-sqlite3'
    let left = ${n}
    for (const name of ['exec', 'pragma']) {
      const run = Database.prototype[name]
      Database.prototype[name] = function (sql, ...rest) {
        const result = run.call(this, sql, ...rest)
        const changes = this.inTransaction && (name === 'exec' || sql.includes('='))
        if (changes && --left === 0) process.kill(process.pid, 'SIGKILL')
        return result
      }
    }
    const { openAppender } = await import(${file('../../../src/store/sqlite/append.ts')})
    openAppender(${JSON.stringify(dir)}).close()`
  const { signal, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  })
  equal(signal === 'SIGKILL' || status === 0, true, stderr)
  return signal
}

test('picket.db: a kill while its tables are made leaves no half of them', () => {
  const dir = mkdtempSync(join(root, 'state-'))
  const path = join(dir, 'picket.db')
  const half = new Database(path)
  half.pragma('journal_mode = WAL')
  half.close()
  const code = `
    import Database from 'better-sqlite3'
    const { exec } = Database.prototype
    Database.prototype.exec = function (sql) {
      exec.call(this, sql)
      process.kill(process.pid, 'SIGKILL')
    }
    const { openState } = await import(${JSON.stringify(new URL('../../../src/store/sqlite/state.ts', import.meta.url).href)})
    openState(${JSON.stringify(path)})`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: import.meta.dirname })
  equal(signal, 'SIGKILL')
  const state = openState(path)
  deepEqual(state.people.users(), [])
  state.close()
})

test('what a newer Picket wrote is refused in one line that says so', async () => {
  const dir = unpacked('records-2')
  const day = new Database(dayPath(dir, '20261122'))
  day.pragma('user_version = 99')
  day.close()
  throws(() => openAppender(dir), { code: 'DATA_UNREADABLE', message: /20261122\.db has version 99.*install a newer/ })
  const { code, err } = await run(['search', '--data', dir])
  equal(code, 3)
  match(err, /^picket: [^\n]*20261122\.db has version 99; this Picket knows \d+: install a newer Picket[^\n]*\n$/)

  const state = new Database(join(dir, 'picket.db'))
  state.pragma('user_version = 99')
  state.close()
  const users = await run(['user', 'list', '--data', dir])
  equal(users.code, 3)
  match(users.err, /^picket: [^\n]*picket\.db has schema 99[^\n]*\n$/)
})
