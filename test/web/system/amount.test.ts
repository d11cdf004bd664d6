// Amounts as the System page shows them.
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, duration, rate } from '../../../web/src/system/amount.ts'

test('bytes: whole below 1 KiB, one place above, the largest unit that fits', () => {
  deepEqual(
    [0, 1023, 1024, 1536, 1024 ** 2 - 1, 252 * 1024 ** 3, 3 * 1024 ** 5].map(value => bytes(value, 'en')),
    ['0 B', '1,023 B', '1 KiB', '1.5 KiB', '1,024 KiB', '252 GiB', '3,072 TiB'],
  )
})

test('rates: one place below ten', () => {
  deepEqual(
    [0, 0.04, 0.31, 9.96, 12.4, 1234.5].map(value => rate(value, 'en')),
    ['0', '0', '0.3', '10', '12', '1,235'],
  )
})

test('durations: two units, and no empty one', () => {
  const seconds = (count: number) => duration(count * 1000, 'en')
  deepEqual([-5, 0, 59, 60, 61, 7200, 7260, 86_400, 3 * 86_400 + 4 * 3600 + 59].map(seconds), [
    '0 sec',
    '0 sec',
    '59 sec',
    '1 min',
    '1 min 1 sec',
    '2 hr',
    '2 hr 1 min',
    '1 day',
    '3 days 4 hr',
  ])
})
