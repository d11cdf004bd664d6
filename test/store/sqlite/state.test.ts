// picket.db: opening, migrations, and the one transaction of a round of alerting.
import { deepEqual, equal, match, ok, throws } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import Database from 'better-sqlite3'
import { isPicketError } from '../../../src/base/errors.ts'
import type { RecordJson } from '../../../src/model/record.ts'
import { isWaiting } from '../../../src/store/sqlite/alert-box.ts'
import { openState, type State } from '../../../src/store/sqlite/state.ts'
import type { AlertChanges, NewMail, WaitingRule } from '../../../src/store/store.ts'

let folder: string
let path: string
let state: State
let now = 1_000_000
const clock = { now: () => now, monotonic: () => now }

beforeEach(() => {
  now = 1_000_000
  folder = mkdtempSync(join(tmpdir(), 'picket-state-'))
  path = join(folder, 'picket.db')
  state = openState(path, clock)
})
afterEach(() => {
  state.close()
  rmSync(folder, { recursive: true })
})

function reopen(): void {
  state.close()
  state = openState(path, clock)
}

const record = (message: string): RecordJson => ({
  id: '20261123-000000000001',
  received_at: '2026-11-23T10:00:00.000Z',
  timestamp: null,
  peer: '192.0.2.1',
  transport: 'udp',
  facility: 4,
  severity: 6,
  hostname: 'web1',
  app_name: null,
  procid: null,
  msgid: null,
  structured_data: null,
  message,
  format: 'rfc5424',
  fields: {},
  problems: [],
})

const draft = (key: string, ruleId = 'r1', count = 1): AlertChanges['opened'][number] => ({
  key,
  ruleId,
  ruleTitle: `Title of ${ruleId}`,
  level: 'high',
  hostname: 'web1',
  user: 'alice',
  source: null,
  count,
  firstAt: 10,
  lastAt: 20,
  firstRecord: record('first'),
  lastRecord: record('last'),
})

const changes = (n: number, parts: Partial<AlertChanges> = {}): AlertChanges => ({
  checkpoint: { day: '20261123', n },
  opened: [],
  repeated: [],
  ...parts,
})

const mail = (messageId: string): NewMail => ({ messageId, to: 'a@example.com', subject: 's', text: 't', html: 'h' })
const none = () => []

describe('opening', () => {
  test('the file is for its owner only, also its WAL', () => {
    state.meta.set('a', 'b')
    for (const name of [path, `${path}-wal`, `${path}-shm`]) equal(statSync(name).mode & 0o777, 0o600, name)
  })

  test('the journal is a WAL while it is open; closed, it can be read from read-only media', () => {
    const journal = () => {
      const other = new Database(path)
      try {
        return other.pragma('journal_mode', { simple: true })
      } finally {
        other.close()
      }
    }
    equal(journal(), 'wal')
    state.close()
    equal(journal(), 'delete')
    state = openState(path, clock)
  })

  test('opening again finds what was written', () => {
    state.meta.set('seed', '1')
    state.meta.set('seed', '2')
    reopen()
    equal(state.meta.get('seed'), '2')
    equal(state.meta.get('other'), undefined)
  })

  test('a file of a newer version is refused and left alone', () => {
    state.close()
    const newer = new Database(path)
    newer.pragma('user_version = 99')
    newer.close()
    throws(
      () => openState(path),
      (error: unknown) => isPicketError(error, 'DATA_UNREADABLE') && /schema 99/.test(error.message),
    )
    const again = new Database(path)
    equal(again.pragma('user_version', { simple: true }), 99)
    again.pragma('user_version = 2')
    again.close()
    state = openState(path, clock)
  })

  test('what is no database is refused', () => {
    const wrong = join(folder, 'wrong.db')
    writeFileSync(wrong, 'this is not a database, whatever its name says. '.repeat(100))
    throws(
      () => openState(wrong),
      (error: unknown) => isPicketError(error, 'DATA_UNREADABLE'),
    )
  })

  test('two programs may have it open at once', () => {
    const second = openState(path, clock)
    second.meta.set('from', 'second')
    equal(state.meta.get('from'), 'second')
    second.close()
  })
})

describe('a round of alerting', () => {
  test('checkpoint, alerts and mails are saved together', () => {
    const opened = state.alerts.apply(changes(5, { opened: [draft('k1')] }), alerts =>
      alerts.map(alert => mail(`<${alert.id}@x>`)),
    )
    equal(opened.length, 1)
    reopen()
    deepEqual(state.alerts.checkpoint(), { day: '20261123', n: 5 })
    deepEqual(state.alerts.openAlert('k1'), opened[0])
    deepEqual(
      state.outbox.due(now, 10).map(entry => entry.messageId),
      [`<${opened[0]?.id}@x>`],
    )
  })

  test('a failure half-way leaves nothing behind', () => {
    throws(() =>
      state.alerts.apply(changes(5, { opened: [draft('k1')] }), () => {
        throw new Error('composing failed')
      }),
    )
    throws(() => state.alerts.apply(changes(5, { opened: [draft('k1')] }), () => [mail('<same@x>'), mail('<same@x>')]))
    reopen()
    equal(state.alerts.checkpoint(), undefined)
    equal(state.alerts.openAlert('k1'), undefined)
    deepEqual(state.outbox.counts(), { pending: 0, sent: 0, failed: 0 })
  })

  test('a process killed in the middle leaves nothing behind', () => {
    const script = `
      const { openState } = await import(${JSON.stringify(import.meta.resolve('../../../src/store/sqlite/state.ts'))})
      const state = openState(process.argv[1])
      state.alerts.apply(JSON.parse(process.argv[2]), () => process.kill(process.pid, 'SIGKILL'))`
    const round = JSON.stringify(changes(5, { opened: [draft('k1')] }))
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path, round])
    equal(signal, 'SIGKILL')
    reopen()
    equal(state.alerts.checkpoint(), undefined)
    equal(state.alerts.openAlert('k1'), undefined)
  })

  test('the same round twice counts once', () => {
    state.alerts.apply(changes(1, { opened: [draft('k1')] }), none)
    const id = state.alerts.openAlert('k1')?.id ?? 0
    const round = changes(2, { repeated: [{ id, count: 3, lastAt: 50, lastRecord: record('again') }] })
    state.alerts.apply(round, none)
    deepEqual(
      state.alerts.apply(round, () => [mail('<never@x>')]),
      [],
    )
    const alert = state.alerts.find(id)
    equal(alert?.count, 4)
    equal(alert?.lastAt, 50)
    equal(alert?.lastRecord.message, 'again')
    equal(alert?.firstRecord.message, 'first')
    equal(state.outbox.counts().pending, 0)
  })

  test('a new day starts at a lower number', () => {
    state.alerts.apply(changes(900), none)
    const next = { ...changes(1, { opened: [draft('k1')] }), checkpoint: { day: '20261124', n: 1 } }
    equal(state.alerts.apply(next, none).length, 1)
    deepEqual(state.alerts.checkpoint(), { day: '20261124', n: 1 })
  })

  test('one key has one alert that is not closed', () => {
    state.alerts.apply(changes(1, { opened: [draft('k1')] }), none)
    throws(() => state.alerts.apply(changes(2, { opened: [draft('k1')] }), none))
    deepEqual(state.alerts.checkpoint(), { day: '20261123', n: 1 })
    const id = state.alerts.openAlert('k1')?.id ?? 0
    state.alerts.setState(id, 'closed', 'bob', 5)
    equal(state.alerts.openAlert('k1'), undefined)
    const [second] = state.alerts.apply(changes(2, { opened: [draft('k1')] }), none)
    ok((second?.id ?? 0) > id)
  })

  test('text that is no text (lone surrogates, NUL) comes back as a readable alert', () => {
    const key = JSON.stringify(['r1', '\ud800', 'a\u0000b'])
    state.alerts.apply(changes(1, { opened: [{ ...draft(key), user: 'a\u0000b' }] }), none)
    equal(state.alerts.openAlert(key)?.user, 'a\u0000b')
  })
})

describe('telling', () => {
  function waiting(toldBefore: number): readonly WaitingRule[] {
    let seen: readonly WaitingRule[] = []
    state.alerts.tellWaiting(toldBefore, rules => {
      seen = rules
      return { mails: [], ruleIds: [] }
    })
    return seen
  }

  test('alerts put off wait, also over a restart, until a digest tells them', () => {
    state.alerts.apply(changes(1, { opened: [draft('k1'), draft('k2', 'r1', 5), draft('k3', 'r2')] }), opened => ({
      mails: [],
      told: [],
      later: opened.map(alert => alert.id),
    }))
    reopen()
    deepEqual(
      waiting(now).map(({ ruleId, opened, repeated, hits }) => ({ ruleId, opened, repeated, hits })),
      [
        { ruleId: 'r1', opened: 2, repeated: 0, hits: 6 },
        { ruleId: 'r2', opened: 1, repeated: 0, hits: 1 },
      ],
    )
    state.alerts.tellWaiting(now, () => ({ mails: [mail('<digest@x>')], ruleIds: ['r1'] }))
    deepEqual(
      waiting(now).map(rule => rule.ruleId),
      ['r2'],
    )
    equal(state.outbox.counts().pending, 1)
  })

  test('repeats of a told alert are told again only after the pause, with the hits since', () => {
    const [alert] = state.alerts.apply(changes(1, { opened: [draft('k1')] }), opened => ({
      mails: [],
      told: opened.map(one => one.id),
      later: [],
    }))
    const id = alert?.id ?? 0
    const hour = 3_600_000
    equal(waiting(now + 1).length, 0, 'nothing new to tell')
    state.alerts.apply(changes(2, { repeated: [{ id, count: 7, lastAt: 99, lastRecord: record('x') }] }), none)
    equal(waiting(now - 1).length, 0, 'told too recently')
    now += hour + 1
    deepEqual(
      waiting(now - hour).map(({ opened, repeated, hits, samples }) => ({
        opened,
        repeated,
        hits,
        of: samples[0]?.id,
      })),
      [{ opened: 0, repeated: 1, hits: 7, of: id }],
    )
    state.alerts.tellWaiting(now - hour, () => ({ mails: [], ruleIds: ['r1'] }))
    equal(waiting(now + 1).length, 0)
  })

  test('nobody is told of repeats of an alert that somebody took, or of one never told of', () => {
    const [told, quiet] = state.alerts.apply(changes(1, { opened: [draft('k1'), draft('k2')] }), opened => ({
      mails: [],
      told: opened.slice(0, 1).map(alert => alert.id),
      later: [],
    }))
    state.alerts.setState(told?.id ?? 0, 'acknowledged', 'bob', 7)
    const again = [told, quiet].map(alert => ({ id: alert?.id ?? 0, count: 1, lastAt: 30, lastRecord: record('x') }))
    state.alerts.apply(changes(2, { repeated: again }), none)
    equal(waiting(now + 1).length, 0)
  })

  test('the digest finds its rows by index, not by reading every alert', () => {
    state.close()
    const db = new Database(path)
    const plan = JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN SELECT rule_id FROM alerts WHERE ${isWaiting}`).all(5))
    db.close()
    state = openState(path, clock)
    match(plan, /SEARCH alerts USING INTEGER PRIMARY KEY/)
    match(plan, /alerts_waiting/)
    match(plan, /alerts_risen/)
  })
})

describe('what people do with alerts', () => {
  const open = (key: string) => state.alerts.apply(changes(Number(key), { opened: [draft(key)] }), none)[0]?.id ?? 0

  test('list is newest first, by state and by page', () => {
    const ids = ['1', '2', '3', '4'].map(open)
    state.alerts.setState(ids[1] ?? 0, 'acknowledged', 'bob', 1)
    const of = (filter: Parameters<State['alerts']['list']>[0]) => state.alerts.list(filter).map(alert => alert.id)
    deepEqual(of({ limit: 10 }), ids.toReversed())
    deepEqual(of({ limit: 2, before: ids[3] }), [ids[2], ids[1]])
    deepEqual(of({ state: 'open', limit: 10 }), [ids[3], ids[2], ids[0]])
    deepEqual(of({ state: 'closed', limit: 10 }), [])
    deepEqual(state.alerts.counts(), { open: 3, acknowledged: 1, closed: 0 })
  })

  test('a change says who and when; closed is final', () => {
    const id = open('1')
    equal(state.alerts.setState(id, 'closed', 'bob', 77)?.changedBy, 'bob')
    equal(state.alerts.find(id)?.changedAt, 77)
    equal(state.alerts.setState(id, 'closed', 'eve', 99)?.changedBy, 'bob')
    throws(
      () => state.alerts.setState(id, 'open', 'eve', 99),
      (error: unknown) => isPicketError(error, 'CONFLICT'),
    )
    equal(state.alerts.setState(4711, 'closed', 'bob', 1), undefined)
  })

  test('comments stay in order; none for an alert that is not there', () => {
    const id = open('1')
    ok(state.alerts.comment(id, { at: 5, by: 'bob', text: 'looking' }))
    ok(state.alerts.comment(id, { at: 4, by: 'eve', text: 'mine, a test' }))
    deepEqual(
      state.alerts.find(id)?.comments.map(comment => comment.text),
      ['looking', 'mine, a test'],
    )
    equal(state.alerts.comment(4711, { at: 5, by: 'bob', text: 'x' }), false)
  })

  test('only closed alerts are pruned', () => {
    const [first, second] = ['1', '2'].map(open)
    state.alerts.setState(first ?? 0, 'closed', 'bob', 500)
    equal(state.alerts.prune(500), 0)
    equal(state.alerts.prune(501), 1)
    equal(state.alerts.find(first ?? 0), undefined)
    ok(state.alerts.find(second ?? 0))
  })
})

describe('outbox', () => {
  test('due entries come oldest first, and only when due', () => {
    state.outbox.add(mail('<1@x>'), 100)
    state.outbox.add(mail('<2@x>'), 200)
    state.outbox.add(mail('<3@x>'), 50)
    deepEqual(
      state.outbox.due(150, 10).map(entry => entry.messageId),
      ['<1@x>', '<3@x>'],
    )
    equal(state.outbox.nextDueAt(), 50)
    equal(state.outbox.due(150, 1).length, 1)
  })

  test('sent, put off and given up', () => {
    for (const n of [1, 2, 3]) state.outbox.add(mail(`<${n}@x>`), 100)
    const [a, b, c] = state.outbox.due(100, 10).map(entry => entry.id)
    state.outbox.markSent(a ?? 0, 101)
    state.outbox.markRetry(b ?? 0, 5000, '450 later')
    state.outbox.markFailed(c ?? 0, '550 no such user')
    deepEqual(state.outbox.counts(), { pending: 1, sent: 1, failed: 1 })
    deepEqual(
      state.outbox.recent(10).map(({ state: is, attempts, lastError }) => [is, attempts, lastError]),
      [
        ['failed', 1, '550 no such user'],
        ['pending', 1, '450 later'],
        ['sent', 1, null],
      ],
    )
    equal(state.outbox.nextDueAt(), 5000)
    state.outbox.markFailed(a ?? 0, 'too late')
    equal(state.outbox.counts().sent, 1)
    equal(state.outbox.prune(1000), 2)
    equal(state.outbox.nextDueAt(), 5000)
  })
})

describe('people', () => {
  const user = { name: 'bob', role: 'admin', createdAt: 1, passwordHash: '$argon2id$x' } as const

  test('accounts', () => {
    state.people.addUser(user)
    throws(
      () => state.people.addUser(user),
      (error: unknown) => isPicketError(error, 'CONFLICT'),
    )
    deepEqual(state.people.findUser('bob'), user)
    deepEqual(state.people.users(), [user])
    ok(state.people.setPassword('bob', 'new'))
    equal(state.people.findUser('bob')?.passwordHash, 'new')
    equal(state.people.setPassword('eve', 'new'), false)
    equal(state.people.removeUser('eve'), false)
  })

  test('sessions end when idle, when old, and with their user', () => {
    state.people.addUser(user)
    const at = (createdAt: number, seenAt: number) => ({ user: 'bob', createdAt, seenAt, csrf: 'c' })
    state.people.addSession('idle', at(100, 110))
    state.people.addSession('old', at(10, 200))
    state.people.addSession('live', at(100, 150))
    state.people.touchSession('live', 210)
    deepEqual(state.people.findSession('live'), at(100, 210))
    state.people.removeSessionsBefore(50, 150)
    deepEqual(
      ['idle', 'old', 'live'].map(hash => state.people.findSession(hash) !== undefined),
      [false, false, true],
    )
    state.people.removeUser('bob')
    equal(state.people.findSession('live'), undefined)
  })

  test('tokens are unique by name and go with their user', () => {
    state.people.addUser(user)
    const token = { name: 'ci', user: 'bob', createdAt: 5, lastUsedAt: null }
    state.people.addToken('h1', token)
    throws(
      () => state.people.addToken('h2', token),
      (error: unknown) => isPicketError(error, 'CONFLICT'),
    )
    state.people.touchToken('h1', 9)
    equal(state.people.findToken('h1')?.lastUsedAt, 9)
    deepEqual(
      state.people.tokens().map(one => one.name),
      ['ci'],
    )
    equal(state.people.findToken('h2'), undefined)
    ok(state.people.removeToken('ci'))
    state.people.addToken('h3', token)
    state.people.removeUser('bob')
    equal(state.people.findToken('h3'), undefined)
  })

  test('the audit trail keeps every line', () => {
    state.people.audit({ at: 1, by: 'bob', from: '192.0.2.7', action: 'login', object: '' })
    state.people.audit({ at: 2, by: 'bob', from: '192.0.2.7', action: 'alert.close', object: '12' })
    deepEqual(state.people.trail(1), [{ at: 2, by: 'bob', from: '192.0.2.7', action: 'alert.close', object: '12' }])
    equal(state.people.trail(10).length, 2)
  })
})
