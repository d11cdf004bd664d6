// The time range of the URL.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { readRange, resolveTime, toLocalInput, widerRange } from '../../../web/src/time/range.ts'

const now = Date.parse('2026-11-23T12:00:00Z')

test('what the URL says, or the last 24 hours', () => {
  deepEqual(readRange({}), { from: 'now-24h', to: 'now' })
  deepEqual(readRange({ from: 'now-6h' }), { from: 'now-6h', to: 'now' })
  deepEqual(readRange({ from: '2026-11-23', to: '2026-11-23T06:00:00Z' }), {
    from: '2026-11-23',
    to: '2026-11-23T06:00:00Z',
  })
  deepEqual(readRange({ from: 'yesterday', to: 'now' }), { from: 'now-24h', to: 'now' })
})

test('texts become instants', () => {
  equal(resolveTime('now', now), now)
  equal(resolveTime('now-15m', now), now - 900_000)
  equal(resolveTime('now-1d/d', now), Date.parse('2026-11-22T00:00:00Z'))
  equal(resolveTime('2026-11-23T06:00:00Z', now), Date.parse('2026-11-23T06:00:00Z'))
  equal(resolveTime('soon', now), undefined)
})

test('an empty result offers the next longer range, to the end of the list', () => {
  deepEqual(widerRange({ from: 'now-15m', to: 'now' }, now), { from: 'now-1h', to: 'now' })
  deepEqual(widerRange({ from: '2026-11-23T11:30:00Z', to: 'now' }, now), { from: 'now-1h', to: 'now' })
  equal(widerRange({ from: 'now-30d', to: 'now' }, now), undefined)
})

test('the value of a datetime-local input names the same instant when it is read back', () => {
  equal(new Date(toLocalInput(now)).getTime(), now)
})
