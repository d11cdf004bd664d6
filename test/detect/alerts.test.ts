// Which hits are news, and which only raise a count.
import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { alertKey, groupHits } from '../../src/detect/alerts.ts'
import type { Alert, Hit } from '../../src/model/alert.ts'
import type { Fields, RecordJson } from '../../src/model/record.ts'
import type { RuleInfo } from '../../src/model/rule.ts'

const record = (fields: Fields = {}, parts: Partial<RecordJson> = {}): RecordJson => ({
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
  message: 'm',
  format: 'rfc5424',
  fields,
  problems: [],
  ...parts,
})

const hit = (n: number, ruleIds: readonly string[], of: RecordJson = record()): Hit => ({
  n,
  day: '20261123',
  ruleIds,
  record: of,
})

const rule: RuleInfo = {
  id: 'r1',
  title: 'Shell history off',
  level: 'high',
  falsePositives: [],
  techniques: [],
  file: 'r1.yml',
  enabled: true,
}
const rules = (id: string) => (id === 'r1' ? rule : undefined)
const noneOpen = () => undefined

describe('new alerts', () => {
  test('no hits, nothing to do', () => {
    equal(groupHits([], rules, noneOpen), undefined)
  })

  test('a hit opens an alert that says rule, host, user, source', () => {
    const of = record({ 'user.name': 'alice', 'source.ip': '203.0.113.9' })
    deepEqual(groupHits([hit(7, ['r1'], of)], rules, noneOpen), {
      checkpoint: { day: '20261123', n: 7 },
      opened: [
        {
          key: '["r1","web1","alice","203.0.113.9"]',
          ruleId: 'r1',
          ruleTitle: 'Shell history off',
          level: 'high',
          hostname: 'web1',
          user: 'alice',
          source: '203.0.113.9',
          count: 1,
          firstAt: Date.parse('2026-11-23T10:00:00Z'),
          lastAt: Date.parse('2026-11-23T10:00:00Z'),
          firstRecord: of,
          lastRecord: of,
        },
      ],
      repeated: [],
    })
  })

  test('several hits of one key in one round are one alert', () => {
    const later = record({}, { received_at: '2026-11-23T10:00:09.000Z', message: 'later' })
    const result = groupHits([hit(1, ['r1']), hit(2, ['r1']), hit(3, ['r1'], later)], rules, noneOpen)
    equal(result?.opened.length, 1)
    const [alert] = result?.opened ?? []
    equal(alert?.count, 3)
    equal(alert?.firstRecord.message, 'm')
    equal(alert?.lastRecord.message, 'later')
    equal((alert?.lastAt ?? 0) - (alert?.firstAt ?? 0), 9000)
  })

  test('one record may be the news of several rules, but of one rule only once', () => {
    const result = groupHits([hit(1, ['r1', 'r2', 'r1'])], rules, noneOpen)
    deepEqual(
      result?.opened.map(alert => [alert.ruleId, alert.count]),
      [
        ['r1', 1],
        ['r2', 1],
      ],
    )
  })

  test('a rule that was removed meanwhile still tells', () => {
    const [alert] = groupHits([hit(1, ['gone'])], rules, noneOpen)?.opened ?? []
    equal(alert?.ruleTitle, 'gone')
    equal(alert?.level, 'medium')
  })
})

describe('the key', () => {
  test('without a host name the peer stands in', () => {
    equal(alertKey('r', record({}, { hostname: null })), '["r","192.0.2.1",null,null]')
  })

  test('who acted comes before who they became and whom it was done to', () => {
    const of = (fields: Fields) => JSON.parse(alertKey('r', record(fields)))[2]
    equal(of({ 'user.name': 'a', 'user.effective.name': 'root' }), 'a')
    equal(of({ 'user.effective.name': 'root', 'user.target.name': 'b' }), 'root')
    equal(of({ 'user.target.name': 'b' }), 'b')
    equal(of({ 'user.name': ['x', 'y'] }), 'x')
    equal(of({ 'user.name': 1000 }), '1000')
    equal(of({ 'user.name': '' }), null)
    equal(of({}), null)
  })

  test('no sender can make one key look like another', () => {
    const quoted = alertKey('r', record({ 'user.name': 'a","203.0.113.9' }))
    notEqual(quoted, alertKey('r', record({ 'user.name': 'a', 'source.ip': '203.0.113.9' })))
    fc.assert(
      fc.property(fc.tuple(fc.string(), fc.string()), fc.tuple(fc.string(), fc.string()), ([u1, s1], [u2, s2]) => {
        const a = alertKey('r', record({ 'user.name': u1, 'source.ip': s1 }))
        const b = alertKey('r', record({ 'user.name': u2, 'source.ip': s2 }))
        equal(a === b, u1 === u2 && s1 === s2)
      }),
    )
  })

  test('a huge value is cut, between characters', () => {
    const [, , user] = JSON.parse(alertKey('r', record({ 'user.name': `${'x'.repeat(255)}😀${'y'.repeat(9999)}` })))
    equal(user, 'x'.repeat(255))
  })
})

describe('repeats', () => {
  const known = { id: 12 } as Alert
  const key = alertKey('r1', record())

  test('hits of an alert that is open only raise its count', () => {
    const openAlert = (asked: string) => (asked === key ? known : undefined)
    const result = groupHits([hit(1, ['r1']), hit(2, ['r2']), hit(3, ['r1'])], rules, openAlert)
    deepEqual(result?.repeated, [
      { id: 12, count: 2, lastAt: Date.parse('2026-11-23T10:00:00Z'), lastRecord: record() },
    ])
    deepEqual(
      result?.opened.map(alert => alert.ruleId),
      ['r2'],
    )
  })

  test('every hit is counted exactly once, however they fall', () => {
    const anyHit = fc.record({ rules: fc.subarray(['r1', 'r2', 'r3']), user: fc.constantFrom('a', 'b', 'c') })
    fc.assert(
      fc.property(fc.array(anyHit, { minLength: 1 }), fc.boolean(), (all, open) => {
        const hits = all.map((one, n) => hit(n, one.rules, record({ 'user.name': one.user })))
        const result = groupHits(hits, rules, asked => (open && asked.includes('r1') ? known : undefined))
        const counted = [...(result?.opened ?? []), ...(result?.repeated ?? [])].reduce(
          (sum, one) => sum + one.count,
          0,
        )
        equal(counted, all.flatMap(one => one.rules).length)
        equal(result?.checkpoint?.n, all.length - 1)
      }),
    )
  })
})
