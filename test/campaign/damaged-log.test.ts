import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { damageLogs } from './damaged-log.ts'

test('a write-ahead log that is flipped, cut or gone: the start tells exactly what is missing', async () => {
  const { damages, noticed } = await damageLogs(30)
  equal(damages, 30)
  ok(noticed > 20, `${noticed}`)
})
