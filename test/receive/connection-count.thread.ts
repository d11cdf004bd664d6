// Opens and closes connections of one address as fast as it can, beside other threads that do the same.
import { workerData } from 'node:worker_threads'
import { type ConnectionLimits, createConnectionCount } from '../../src/receive/connection-count.ts'

const { shared, open, limits } = workerData as {
  readonly shared: SharedArrayBuffer
  readonly open: SharedArrayBuffer
  readonly limits: ConnectionLimits
}
const count = createConnectionCount(shared)
const books = new Int32Array(open)
const peer = '192.0.2.7'
let mine = 0
for (let turn = 0; turn < 50_000; turn++) {
  if (mine > 0 && turn % 3 === 0) {
    // the books first: they must never show more than there are
    Atomics.sub(books, 0, 1)
    count.close(peer)
    mine--
  } else if (count.open(peer, limits) === undefined) {
    mine++
    const now = Atomics.add(books, 0, 1) + 1
    for (let most = Atomics.load(books, 1); now > most; most = Atomics.load(books, 1))
      Atomics.compareExchange(books, 1, most, now)
  }
}
for (; mine > 0; mine--) {
  Atomics.sub(books, 0, 1)
  count.close(peer)
}
