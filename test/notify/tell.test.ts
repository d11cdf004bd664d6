// Who is told when: mails at once, bundles, and digests in a storm. Nothing is dropped. On a real state database.
import { deepEqual, equal, match, ok, throws } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { isPicketError } from '../../src/base/errors.ts'
import type { Level } from '../../src/model/rule.ts'
import { createTeller, type Teller } from '../../src/notify/tell.ts'
import { hourMs, maxMailsPerMinute, minuteMs } from '../../src/notify/throttle.ts'
import { openState, type State } from '../../src/store/sqlite/state.ts'
import { rules, sampleAlert, sampleRecord, turnableClock } from './samples.ts'

let folder: string
let state: State
let clock: ReturnType<typeof turnableClock>
let teller: Teller
let round: number
const mail = { from: 'picket@example.com', to: ['a@example.com', 'b@example.com'], minLevel: 'medium' as Level }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'picket-tell-'))
  clock = turnableClock()
  state = openState(join(folder, 'picket.db'), clock)
  teller = createTeller({ mail, rules, clock, publicUrl: 'https://p.example' })
  round = 0
})
afterEach(() => {
  state.close()
  rmSync(folder, { recursive: true })
})

/** One round: alerts of these rules open, each on a host of its own. */
function open(ruleIds: readonly string[], level: Level = 'high'): readonly number[] {
  round++
  const opened = ruleIds.map((ruleId, i) => {
    const { id: _, state: __, changedBy: ___, changedAt: ____, ...draft } = sampleAlert({ ruleId, level, count: 1 })
    return { ...draft, ruleTitle: `Rule ${ruleId}`, key: `${round}/${i}`, hostname: `host${i}` }
  })
  const changes = { checkpoint: { day: '20261123', n: round }, opened, repeated: [] }
  return state.alerts.apply(changes, teller.tellOpened).map(alert => alert.id)
}

function repeat(id: number, count: number): void {
  const repeated = [{ id, count, lastAt: clock.now(), lastRecord: sampleRecord() }]
  state.alerts.apply({ checkpoint: { day: '20261123', n: ++round }, opened: [], repeated }, teller.tellOpened)
}

/** Subjects queued for one of the recipients since the last call. */
function subjects(to = 'a@example.com'): readonly string[] {
  const due = state.outbox.due(clock.now(), 10_000)
  for (const entry of due) state.outbox.markSent(entry.id, clock.now())
  return due.filter(entry => entry.to === to).map(entry => entry.subject)
}

function digest(): readonly string[] {
  teller.tellWaiting(state.alerts)
  return subjects()
}

describe('routing', () => {
  test('everyone in mail.to gets a mail of their own', () => {
    open(['r1'])
    const due = state.outbox.due(clock.now(), 10)
    deepEqual(
      due.map(entry => entry.to),
      mail.to,
    )
    equal(new Set(due.map(entry => entry.messageId)).size, 2)
    match(due[0]?.messageId ?? '', /^<[\w-]+@example\.com>$/)
    match(due[1]?.text ?? '', /because b@example\.com is listed/)
  })

  test('alerts below mail.minLevel are kept and not mailed, nor are their repeats', () => {
    const [id = 0] = open(['r1'], 'low')
    repeat(id, 100)
    clock.turn(2 * hourMs)
    deepEqual(digest(), [])
    equal(state.alerts.find(id)?.count, 101)
  })

  test('an address that is none stops the start', () => {
    const wrong = { ...mail, to: ['a@x.invalid\r\nRCPT TO:<evil@x.invalid>'] }
    throws(
      () => createTeller({ mail: wrong, rules, clock }),
      (error: unknown) => isPicketError(error, 'CONFIG_INVALID'),
    )
  })

  test('the test mail goes to everyone', () => {
    deepEqual(
      teller.testMails().map(one => [one.to, one.subject]),
      [
        ['a@example.com', 'Picket test mail'],
        ['b@example.com', 'Picket test mail'],
      ],
    )
  })
})

describe('one round', () => {
  test('up to three alerts of different rules get a mail each', () => {
    open(['r1', 'r2', 'r3'])
    deepEqual(subjects(), ['HIGH: Rule r1 on host0', 'HIGH: Rule r2 on host1', 'HIGH: Rule r3 on host2'])
  })

  test('more share one mail', () => {
    open(['r1', 'r2', 'r3', 'r4'])
    deepEqual(subjects(), ['HIGH: 4 alerts on 4 hosts, Rule r1 and others'])
  })

  test('alerts of the same rule share one mail', () => {
    open(['r1', 'r1', 'r2'])
    deepEqual(subjects(), ['HIGH: 2 alerts on 2 hosts, Rule r1', 'HIGH: Rule r2 on host2'])
  })
})

describe('a storm', () => {
  test('a rule has one mail a minute; the digest counts the rest, and nothing is dropped', () => {
    open(['r1'])
    equal(subjects().length, 1)
    for (let i = 0; i < 50; i++) {
      clock.turn(1000)
      open(['r1', 'r1'])
      deepEqual(digest(), [], 'within the minute nothing more is sent')
    }
    clock.turn(minuteMs)
    deepEqual(digest(), ['HIGH: 100 more alerts of 1 rule, Rule r1'])
    deepEqual(digest(), [])
    clock.turn(hourMs * 2)
    deepEqual(digest(), [], 'told once')
  })

  test('new alerts do not take the turn of those that wait', () => {
    open(['r1'])
    open(['r1'])
    subjects()
    clock.turn(minuteMs)
    open(['r1'])
    deepEqual(subjects(), [])
    deepEqual(digest(), ['HIGH: 2 more alerts of 1 rule, Rule r1'])
  })

  test('many rules, one after the other: a person gets a bounded number of mails', () => {
    for (let i = 0; i < 40; i++) open([`r${i}`])
    equal(subjects().length, maxMailsPerMinute)
    deepEqual(digest(), ['HIGH: 30 more alerts of 30 rules'])
    clock.turn(minuteMs)
    deepEqual(digest(), [])
  })

  test('every message matches eight rules for ten minutes', () => {
    let mails = 0
    for (let second = 0; second < 600; second += 6) {
      open(Array.from({ length: 8 }, (_, i) => `r${i}`))
      mails += subjects().length + digest().length
      clock.turn(6000)
    }
    ok(mails <= 11, `${mails} mails per person`)
    clock.turn(minuteMs)
    digest()
    let waiting = 0
    state.alerts.tellWaiting(0, all => {
      waiting = all.length
      return { mails: [], ruleIds: [] }
    })
    equal(waiting, 0)
  })

  test('what waits survives a restart', () => {
    open(['r1'])
    open(['r1'])
    subjects()
    teller = createTeller({ mail, rules, clock })
    deepEqual(digest(), ['HIGH: 1 more alert of 1 rule, Rule r1'])
  })
})

describe('repeats', () => {
  test('are told at most hourly per alert, while it is open', () => {
    const [id = 0] = open(['r1'])
    subjects()
    const told: string[] = []
    for (let minute = 0; minute < 240; minute += 5) {
      clock.turn(5 * minuteMs)
      repeat(id, 1)
      told.push(...digest())
    }
    equal(told.length, 3)
    match(told[0] ?? '', /still going on: 13 new hits of 1 open alert, Rule r1/)
    state.alerts.setState(id, 'acknowledged', 'bob', clock.now())
    clock.turn(2 * hourMs)
    repeat(id, 1)
    deepEqual(digest(), [])
  })
})

test('every mail takes the checkpoint along, in its text', () => {
  const line = 'picket-checkpoint/1 7 30 …'
  const sealed = createTeller({ mail, rules, clock, checkpoint: () => line })
  for (const { text, html } of sealed.testMails()) {
    ok(text.endsWith(`\n\n${line}\n`), text)
    ok(!html.includes(line))
  }
  const none = createTeller({ mail, rules, clock, checkpoint: () => undefined })
  deepEqual(
    none.testMails().map(({ text }) => text),
    teller.testMails().map(({ text }) => text),
  )
})
