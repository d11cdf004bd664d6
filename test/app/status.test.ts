// Rates of the last minute, with a clock that is turned by hand.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { createListenerRates } from '../../src/app/status.ts'
import { createCounters } from '../../src/receive/listener.ts'

test('each listener has its own rate, made from running totals, and forgets after a minute', () => {
  let ms = 0
  const rates = createListenerRates({ monotonic: () => ms })
  const udp = { transport: 'udp', address: '::', port: 514, counters: createCounters() } as const
  const tcp = { transport: 'tcp', address: '::', port: 514, counters: createCounters() } as const
  equal(rates.perSecond(udp), 0)
  rates.note([udp, tcp])
  udp.counters.frames = 600
  ms = 60_000
  rates.note([udp, tcp])
  deepEqual([rates.perSecond(udp), rates.perSecond(tcp)], [10, 0])
  udp.counters.frames = 660
  ms = 61_000
  rates.note([udp, tcp])
  equal(rates.perSecond(udp), 11)
  ms = 200_000
  rates.note([udp, tcp])
  equal(rates.perSecond(udp), 0)
})
