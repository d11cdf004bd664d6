import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { checkModel } from './model.ts'

test('the store holds what an array holds, whatever happens in whatever order', async () => {
  const { runs, commands } = await checkModel(9)
  equal(runs, 10, JSON.stringify(commands))
})
