// When days are removed: by age, and only while the clock can be believed; by size, from the oldest on.
import { deepEqual, equal } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startRetention } from '../../src/app/retention.ts'
import { dayOf } from '../../src/model/row.ts'
import type { DaySize } from '../../src/store/sqlite/day-file.ts'

const minute = 60_000
const hour = 3_600_000
const day = 24 * hour
const now = Date.UTC(2026, 10, 23, 1)

type Options = { readonly at?: number; readonly sizes: () => readonly DaySize[]; readonly maxBytes?: string }

/** A retention of 30 days over a clock that the test turns; `removed` holds what the writer was asked. */
function start(context: TestContext, { at = now, sizes, maxBytes }: Options) {
  context.mock.timers.enable({ apis: ['setInterval'] })
  context.after(() => context.mock.timers.reset())
  let wall = at
  let monotonic = 0
  const removed: string[] = []
  const warned: string[] = []
  const log = { debug() {}, info() {}, warn: (_: object, message: string) => void warned.push(message), error() {} }
  const retention = startRetention({
    config: { retention: [{ query: '*', keep: '30d' }], maxBytes },
    sizes,
    writer: { removeDaysBefore: (before, reason) => void removed.push(`${reason} ${before}`) },
    clock: { now: () => wall, monotonic: () => monotonic },
    log,
  })
  context.after(() => retention[Symbol.dispose]())
  const pass = (ms: number, step: number): readonly string[] => {
    for (let passed = 0; passed < ms; passed += step) {
      wall += step
      monotonic += step
      context.mock.timers.tick(step)
    }
    return [...new Set(removed.splice(0))]
  }
  return { pass, removed, warned, jump: (ms: number) => (wall += ms) }
}

const listed = (days: readonly string[]) => () => days.map(name => ({ day: name, bytes: 1 }))

test('retention does not act on a clock that jumped', context => {
  const steady = start(context, { sizes: listed(['20260101', '20261122', '20261123']) })
  deepEqual(steady.pass(hour, hour), ['age 20261024'])
  steady.jump(3650 * day)
  deepEqual(steady.pass(20 * hour, hour), [])
  steady.jump(-3650 * day)
  deepEqual(steady.pass(20 * hour, hour), [])
  deepEqual(steady.pass(10 * hour, hour), ['age 20261025', 'age 20261026'])
})

test('at the second start with a wrong clock there is a file of the wrong day, which proves nothing', context => {
  const sizes = listed(['20261122', '20261123', dayOf(now + 3650 * day)])
  const wrong = start(context, { at: now + 3650 * day, sizes })
  deepEqual(wrong.pass(23 * hour, hour), [])
  equal(wrong.pass(2 * hour, hour).length, 1)
})

test('by size: the oldest days go until the rest fits, whatever the clock says', context => {
  let days: readonly DaySize[] = [
    { day: '20261120', bytes: 300 << 20 },
    { day: '20261121', bytes: 300 << 20 },
    { day: '20261122', bytes: 300 << 20 },
    { day: '20261123', bytes: 100 << 20 },
  ]
  const { pass, removed, warned, jump } = start(context, { sizes: () => days, maxBytes: '1GiB' })
  deepEqual(removed.splice(0), ['age 20261024'], '1000 MiB fit')
  days = [...days.slice(0, 3), { day: '20261123', bytes: 200 << 20 }]
  deepEqual(pass(minute, minute), ['size 20261121'])
  jump(3650 * day)
  days = [{ day: '20261121', bytes: 900 << 20 }, ...days.slice(2)]
  deepEqual(pass(minute, minute), ['size 20261122'])
  deepEqual(warned, [])
})

test('by size: the newest day stays, and what it takes too much is told once', context => {
  const sizes = () => [
    { day: '20261122', bytes: 5 },
    { day: '20261123', bytes: 300 },
  ]
  const { pass, warned } = start(context, { sizes, maxBytes: '200' })
  deepEqual(pass(3 * minute, minute), ['age 20261024', 'size 20261123'])
  deepEqual(warned, ['the newest day alone takes more than store.maxBytes; it stays'])
})

test('without a limit nobody looks at sizes but at the start', context => {
  let looks = 0
  const { pass } = start(context, { sizes: () => (looks++, []) })
  pass(hour, minute)
  equal(looks, 1)
})
