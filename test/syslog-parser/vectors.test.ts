// Every message vector: what real senders write, and what it means.
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '../../src/syslog-parser/parse.ts'
import { expected, readVectors } from './vectors.ts'

const vectors = readVectors()

test('there are vectors', () => equal(vectors.length, 200))

for (const vector of vectors) {
  test(`${vector.id}: ${vector.note}`, () => {
    const options = {
      receivedAt: Date.parse(vector.received_at),
      timeZone: vector.assumed_tz,
      charset: vector.assumed_charset,
    }
    deepEqual(parseMessage(Buffer.from(vector.raw_b64, 'base64'), options), expected(vector))
  })
}
