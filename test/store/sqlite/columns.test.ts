import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  packBytes,
  packDeltas,
  packNumbers,
  unpackBytes,
  unpackDeltas,
  unpackNumbers,
} from '../../../src/store/sqlite/columns.ts'

const naturals = fc.array(fc.oneof(fc.nat(255), fc.nat(70_000), fc.maxSafeNat()), { maxLength: 50 })
const integers = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 4.2e15 }), fc.integer({ min: 1.79e15, max: 1.79e15 + 1e6 })),
  { maxLength: 50 },
)

test('bytes come back, short and long, random and repeated', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 20 }), (bytes, times) => {
      const data = Buffer.concat(Array.from({ length: times }, () => bytes))
      deepEqual(Buffer.from(unpackBytes(Buffer.from(packBytes(data)))), data)
    }),
  )
})

test('non-negative safe integers come back', () => {
  fc.assert(
    fc.property(naturals, values => {
      const packed = Buffer.from(packNumbers(Float64Array.from(values), values.length))
      deepEqual([...unpackNumbers(packed, values.length)], values)
    }),
  )
})

test('integers within 2^52 of each other come back as differences', () => {
  fc.assert(
    fc.property(integers, values => {
      const { first, packed } = packDeltas(Float64Array.from(values), values.length)
      deepEqual([...unpackDeltas(Buffer.from(packed), values.length, first)], values)
    }),
  )
})

test('an empty column is a column', () => {
  equal(unpackNumbers(Buffer.from(packNumbers(new Float64Array(0), 0)), 0).length, 0)
})
