import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { flipBits } from './bit-flips.ts'

test('a flipped bit is found by verify, or changes nothing that is read', async () => {
  const { flips, found, foundDeep, silent } = await flipBits({ records: 64, pageBytes: 512, flips: 200, processes: 2 })
  deepEqual(silent, [])
  ok(found > 0.5 * flips && foundDeep > 0, `${found} and ${foundDeep} of ${flips}`)
})
