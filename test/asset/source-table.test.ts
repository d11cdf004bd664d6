// The state machine of the table of sources, with a clock that the test turns.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileSourceSettings } from '../../src/asset/source-settings.ts'
import { createSourceTable, type SourceTable } from '../../src/asset/source-table.ts'
import type { SourceConfig } from '../../src/config/schema.ts'
import { type Channel, channels } from '../../src/model/channel.ts'
import type { SourceCounts } from '../../src/model/source.ts'
import type { StoredSources } from '../../src/store/store.ts'

const start = Date.parse('2026-11-23T12:00:00Z')
const stepMs = 30_000
const minute = 60_000
const nothing: StoredSources = { rows: [], watch: { watchedMs: 0, nextId: 1 } }

function setUp(configs: readonly SourceConfig[] = [], stored = nothing, limit = 1000) {
  let now = start
  const clock = { now: () => now, monotonic: () => now - start }
  const table = createSourceTable({ clock, settings: compileSourceSettings(configs), stored, limit })
  /** Looks every half minute for so long; who became silent. */
  function pass(ms: number, isWatching = true): readonly string[] {
    const silent: string[] = []
    for (const until = now + ms; now < until; ) {
      now += stepMs
      for (const row of table.look(isWatching).silent) {
        silent.push(`${row.hostname} ${row.channel}`)
        row.isSilenceTold = true
      }
    }
    return silent
  }
  const send = (hostname: string, channel: Channel, peer = '192.0.2.7') =>
    table.observe(counts(peer, hostname, channel, now), '20261123', 1)
  return { table, pass, send }
}

function counts(peer: string, hostname: string, channel: Channel, at: number): SourceCounts {
  const numbers = Float64Array.from([0, 1, channels.indexOf(channel), 1, at, at, 0, -100])
  return { origins: [[peer, 'udp', 'UTC']], hosts: ['', hostname], numbers }
}

function stateOf(table: SourceTable, hostname: string): string | undefined {
  return [...table.rows()].find(row => row.hostname === hostname)?.state
}

test('with silentAfter a host is live, late, silent, told once, and back', () => {
  const { table, pass, send } = setUp([{ match: 'web*', silentAfter: '10m' }])
  send('web01', 'auth')
  equal(stateOf(table, 'web01'), 'live')
  deepEqual(pass(6 * minute), [])
  equal(stateOf(table, 'web01'), 'late')
  deepEqual(pass(5 * minute), ['web01 auth'])
  deepEqual(pass(60 * minute), [])
  send('web01', 'auth')
  equal(stateOf(table, 'web01'), 'live')
})

test('a rhythm is learned in a day; a single line raises nothing', () => {
  const { table, pass, send } = setUp()
  send('once', 'other')
  for (let i = 0; i < 26 * 12; i++) {
    send('web01', 'auth')
    deepEqual(pass(5 * minute), [])
  }
  deepEqual(pass(60 * minute), ['web01 auth'])
  equal(stateOf(table, 'once'), 'new')
})

test('time in which Picket does not watch makes nobody silent, nor does a start', () => {
  const configs = [{ match: 'web01', silentAfter: '10m' }]
  const first = setUp(configs)
  first.send('web01', 'auth')
  deepEqual(first.pass(300 * minute, false), [])
  const second = setUp(configs, { rows: first.table.takeChanged(10), watch: first.table.watched() })
  deepEqual(second.pass(5 * minute), [])
  deepEqual(second.pass(6 * minute), ['web01 auth'])
})

test('what is expected and never comes is told', () => {
  const { pass, send, table } = setUp([{ match: 'db01', expect: ['auth', 'history'], silentAfter: '1h' }])
  equal(table.size, 2)
  const said: string[] = []
  for (let i = 0; i < 8; i++) {
    send('db01', 'auth')
    said.push(...pass(10 * minute))
  }
  equal(table.size, 2)
  deepEqual(said, ['db01 history'])
})

test('muted and retired sources raise nothing', () => {
  const { pass, send, table } = setUp([{ match: '*', silentAfter: '10m' }])
  send('muted', 'auth')
  send('retired', 'auth')
  const idOf = (name: string) => [...table.rows()].find(row => row.hostname === name)?.id ?? 0
  ok(table.decide(idOf('muted'), { mutedUntil: start + 60 * minute }))
  ok(table.decide(idOf('retired'), { isRetired: true }))
  deepEqual(pass(30 * minute), [])
  deepEqual(pass(60 * minute), ['muted auth'])
})

test('a full table drops the least known first', () => {
  const { send, table } = setUp([{ match: 'real', silentAfter: '1h' }], nothing, 20)
  send('real', 'auth')
  for (let n = 0; n < 100; n++) send(`invented${n}`, 'auth')
  ok(table.size <= 20)
  equal(stateOf(table, 'real'), 'live')
})

test('no alert without silence, no silence without an alert', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }), pauses => {
      const { pass, send } = setUp([{ match: 'h', silentAfter: '20m' }])
      for (const pause of pauses) {
        send('h', 'auth')
        deepEqual(pass(pause * minute), pause > 20 ? ['h auth'] : [])
      }
    }),
  )
})
