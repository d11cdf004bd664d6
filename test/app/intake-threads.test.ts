// Several intake threads share the ports: nothing is lost or counted twice, and each connection keeps its order.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { threadsFor } from '../../src/app/intake.ts'
import { sumListeners } from '../../src/app/listener-sums.ts'
import type { ListenerState } from '../../src/app/messages.ts'
import { readSocketTable, socketInodes } from '../../src/receive/kernel-drops.ts'
import { createCounters } from '../../src/receive/listener.ts'
import { udpReading } from '../../src/receive/udp-handle.ts'
import { eventually, type Picket, startPicket } from './picket.ts'

const threads = 2
const connections = 24
const linesEach = 400

/** UDP and TCP on loopback, read by two threads. */
const receive = (tcp = '') =>
  `{ threads: ${threads}, udp: { host: 127.0.0.1, port: 0 }, tcp: { host: 127.0.0.1, port: 0 ${tcp} } }`

test('two threads: every record once, each connection in its order, the counters of both in one', async () => {
  await using picket = await startPicket({ receive: receive() })
  const client = await picket.login()
  equal(readSocketTable('udp').filter(row => row.port === picket.udp).length, threads, 'a socket for each thread')

  const senders = Array.from({ length: 12 }, () => createSocket('udp4').unref())
  for (const [n, sender] of senders.entries())
    for (let i = 0; i < 10; i++) sender.send(`<13>Nov 23 12:00:00 udp${n} app: datagram ${i}`, picket.udp, '127.0.0.1')
  await Promise.all(Array.from({ length: connections }, (_, n) => sendLines(picket, n)))

  const expected = connections * linesEach + senders.length * 10
  await eventually(
    async () =>
      (await client.get<string>('/metrics')).includes(`picket_records_stored_total ${expected}\n`) || undefined,
    `${expected} records stored`,
  )
  deepEqual(await ordersOf(picket), everyLineOnce())
  const datagrams = await client.records('datagram')
  equal(new Set(datagrams.map(record => `${record.hostname} ${record.message}`)).size, senders.length * 10)

  const { receive: listeners } = await eventually(async () => {
    const status = await client.get<{ receive: readonly { transport: string; frames: number }[] }>('/api/v1/status')
    return status.receive.reduce((sum, { frames }) => sum + frames, 0) === expected ? status : undefined
  }, 'the counters of both threads')
  deepEqual(
    listeners.flatMap(({ transport, frames }) => (transport === 'relp' ? [] : [[transport, frames]])),
    [
      ['udp', senders.length * 10],
      ['tcp', connections * linesEach],
    ],
  )
})

test('a stop in the middle of many streams takes what every thread has received', async () => {
  await using picket = await startPicket({ receive: receive() })
  await Promise.all(Array.from({ length: connections }, (_, n) => sendLines(picket, n, { waits: false })))
  equal(await picket.stop(), 0)
  await using again = await startPicket({ dataDir: picket.dataDir })
  deepEqual(await ordersOf(again), everyLineOnce())
})

test('the limits on connections hold for all threads together', async () => {
  await using picket = await startPicket({ receive: receive(', maxConnectionsPerSource: 5') })
  const client = await picket.login()
  let closed = 0
  const sockets = Array.from({ length: 20 }, () =>
    connect(picket.tcp, '127.0.0.1')
      .on('error', () => undefined)
      .on('close', () => closed++),
  )
  await eventually(() => closed === 15 || undefined, '15 of 20 connections refused')
  await eventually(async () => {
    const lines = (await client.get<string>('/metrics')).split('\n')
    return (
      lines.includes('picket_connections_open{transport="tcp"} 5') &&
      lines.includes('picket_connections_refused_total{transport="tcp",reason="connections_full"} 15')
    )
  }, '5 open, 15 refused')
  for (const socket of sockets) socket.destroy()
})

test('a second Picket cannot join the port that threads share', async () => {
  await using picket = await startPicket({ receive: receive() })
  for (const second of [
    `{ threads: 2, udp: false, tcp: { host: 127.0.0.1, port: ${picket.tcp} } }`,
    `{ threads: 2, tcp: false, udp: { host: 127.0.0.1, port: ${picket.udp} } }`,
  ]) {
    const error = await startPicket({ receive: second }).then(
      () => undefined,
      (error: Error) => error,
    )
    ok(error?.message.includes('another program uses it'), error?.message ?? 'it started')
  }
})

test('sockets of systemd are dealt out to the threads, and all are read', async () => {
  // This process stands for systemd: ReusePort=yes, two sockets of each kind.
  const udp = [createSocket({ type: 'udp4', reusePort: true }), createSocket({ type: 'udp4', reusePort: true })]
  let port = 0
  for (const socket of udp) {
    const bound = once(socket, 'listening')
    socket.bind(port, '127.0.0.1')
    await bound
    udpReading(socket)?.stop()
    port = socket.address().port
  }
  const tcp = [createServer(), createServer()]
  for (const server of tcp) {
    server.listen({ port, host: '127.0.0.1', reusePort: true })
    await once(server, 'listening')
  }
  const own = [...socketInodes()]
  const sockets = [...readSocketTable('udp'), ...readSocketTable('tcp')].flatMap(row =>
    row.port === port ? own.flatMap(([fd, inode]) => (inode === row.inode ? [fd] : [])) : [],
  )
  equal(sockets.length, 4)
  await using picket = await startPicket({ receive: receive(), sockets })
  for (const socket of [...udp, ...tcp]) socket.close()
  const client = await picket.login()
  deepEqual([picket.udp, picket.tcp], [port, port])
  const senders = Array.from({ length: 12 }, () => createSocket('udp4').unref())
  for (const [n, sender] of senders.entries())
    sender.send(`<13>Nov 23 12:00:00 udp${n} app: datagram`, port, '127.0.0.1')
  await Promise.all(Array.from({ length: connections }, (_, n) => sendLines(picket, n)))
  await eventually(
    async () => (await client.records('datagram')).length === senders.length || undefined,
    'every datagram, whatever socket the kernel chose',
  )
  await eventually(
    async () => (await client.records('line')).length === connections * linesEach || undefined,
    'every line, whatever socket took its connection',
  )
  deepEqual(await ordersOf(picket), everyLineOnce())
})

test('how many threads suit a machine', () => {
  deepEqual([1, 2, 3, 4, 5, 6, 8, 10, 64].map(threadsFor), [1, 1, 1, 1, 1, 2, 3, 4, 4])
})

test('what threads tell of one port is one listener', () => {
  const state = (over: Partial<ListenerState>, frames: number): ListenerState => {
    const counters = { ...createCounters(), frames, dropped: { ...createCounters().dropped, empty: 1 } }
    return { transport: 'udp', address: '::', port: 514, counters, ...over }
  }
  const sums = sumListeners([state({}, 1), state({ transport: 'tcp' }, 10), state({}, 100), state({ port: 515 }, 1000)])
  deepEqual(
    sums.map(({ transport, port, counters }) => [transport, port, counters.frames, counters.dropped.empty]),
    [
      ['udp', 514, 101, 2],
      ['tcp', 514, 10, 1],
      ['udp', 515, 1000, 1],
    ],
  )
})

/** Sends numbered lines over a connection of their own; without `waits` it ends with the last one given to the kernel. */
async function sendLines(picket: Picket, n: number, { waits } = { waits: true }): Promise<void> {
  const socket = connect(picket.tcp, '127.0.0.1').on('error', () => undefined)
  const end = once(socket, waits ? 'close' : 'finish')
  for (let i = 0; i < linesEach; i++) socket.write(`<13>Nov 23 12:00:00 tcp${n} app: line ${i}\n`)
  socket.end()
  await end
}

/** The numbers of the lines of each connection, oldest first. */
async function ordersOf(picket: Picket): Promise<ReadonlyMap<string, readonly number[]>> {
  const orders = new Map<string, number[]>(Array.from({ length: connections }, (_, n) => [`tcp${n}`, []]))
  for (const { hostname, message } of (await (await picket.login()).records('line')).toReversed())
    orders.get(hostname ?? '')?.push(Number(message.slice('line '.length)))
  return orders
}

function everyLineOnce(): ReadonlyMap<string, readonly number[]> {
  const all = Array.from({ length: linesEach }, (_, i) => i)
  return new Map(Array.from({ length: connections }, (_, n) => [`tcp${n}`, all]))
}
