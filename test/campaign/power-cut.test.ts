import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { cannotCutPower, cutPower } from './power-cut.ts'

const options = { skip: cannotCutPower() }

test('power cuts lose nothing that was acknowledged', options, async () => {
  equal((await cutPower(3, { control: false })).lost, 0)
})

test('the control, which syncs as the library does by default, loses: the rig proves something', options, async () => {
  await cutPower(3, { control: true })
})
