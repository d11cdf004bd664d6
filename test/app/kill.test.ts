import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { killUnderLoad } from '../campaign/kill.ts'

test('four kills under load lose nothing that was committed and no alert', async () => {
  const figures = await killUnderLoad(4)
  equal(figures.committedAndLost, 0)
  equal(figures.alertsMissing, 0)
  ok(figures.stored > 0 && figures.matching > 0, JSON.stringify(figures))
})
