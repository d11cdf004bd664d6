import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createConnectionCount, createSharedCount } from '../../src/receive/connection-count.ts'

test('each address and all together, up to the limit and back', () => {
  const count = createConnectionCount()
  const limits = { maxConnections: 1000, maxConnectionsPerSource: 2 }
  const peers = Array.from({ length: 500 }, (_, n) => `10.0.${n >> 8}.${n & 255}`)
  for (const peer of peers)
    deepEqual([count.open(peer, limits), count.open(peer, limits)], [undefined, undefined], peer)
  equal(count.open('10.9.9.9', limits), 'maxConnections')
  count.close('10.0.0.1')
  equal(count.open('10.0.0.2', limits), 'maxConnectionsPerSource')
  equal(count.open('10.0.0.1', limits), undefined)
  for (const peer of [...peers, ...peers]) count.close(peer)
  equal(count.open('10.0.0.2', { maxConnections: 1, maxConnectionsPerSource: 1 }), undefined)
})

test('threads that open and close at once never pass a limit, and nothing is left over', async () => {
  const shared = createSharedCount()
  // how many are open by the threads' own books, and the most that ever were
  const open = new SharedArrayBuffer(8)
  const limits = { maxConnections: 1000, maxConnectionsPerSource: 5 }
  const workers = Array.from(
    { length: 4 },
    () => new Worker(join(import.meta.dirname, 'connection-count.thread.ts'), { workerData: { shared, open, limits } }),
  )
  await Promise.all(workers.map(worker => once(worker, 'exit')))
  const [left, most] = new Int32Array(open)
  equal(left, 0)
  equal(most, limits.maxConnectionsPerSource, 'the most that were open at a time')
  const [, total, ...slots] = new Int32Array(shared)
  equal(total, 0)
  equal(
    slots.find(slot => slot !== 0),
    undefined,
  )
})
