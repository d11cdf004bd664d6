import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { after, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { isPicketError } from '../../src/base/errors.ts'
import type { ListenOptions } from '../../src/receive/listener.ts'
import { parseAllowList } from '../../src/receive/peer.ts'
import { startUdp } from '../../src/receive/udp.ts'
import { createRecorder, recordLog, until } from './recorder.ts'

const config = { host: '::', port: 0, receiveBufferBytes: 1 << 20 }
const everyone = parseAllowList([])
const v4 = createSocket('udp4')
const v6 = createSocket('udp6')
after(() => {
  v4.close()
  v6.close()
})

async function start(more: Partial<ListenOptions> = {}, over: Partial<typeof config> = {}) {
  const sink = createRecorder()
  const log = recordLog()
  const listener = await startUdp({ ...config, ...over }, sink, { allow: everyone, log, clock: systemClock, ...more })
  return { sink, log, listener }
}

function send(socket: Socket, text: string | Buffer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => socket.send(text, port, host, error => (error ? reject(error) : resolve())))
}

test('a datagram is a frame, from IPv4 and IPv6', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  await send(v4, '<13>one', listener.port, '127.0.0.1')
  await send(v6, '<13>two\n', listener.port, '::1')
  await sink.until(2)
  deepEqual(sink.texts(), ['<13>one', '<13>two\n'])
  deepEqual(
    sink.frames.map(({ source }) => [source.peer, source.transport]),
    [
      ['127.0.0.1', 'udp'],
      ['::1', 'udp'],
    ],
  )
  equal(listener.counters.frames, 2)
  equal(listener.counters.bytes, 15)
})

test('one source object per peer', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  for (const text of ['a', 'b']) await send(v4, text, listener.port, '127.0.0.1')
  await sink.until(2)
  equal(sink.frames[0]?.source, sink.frames[1]?.source)
})

test('an IPv4 address listens on IPv4 only', async () => {
  const { sink, listener } = await start({}, { host: '127.0.0.1' })
  await using _ = listener
  equal(listener.address, '127.0.0.1')
  await send(v4, 'x', listener.port, '127.0.0.1')
  await sink.until(1)
})

test('empty datagrams and senders that may not send are counted with their reason', async () => {
  const { sink, listener, log } = await start({ allow: parseAllowList(['127.0.0.0/8']) })
  await using _ = listener
  await send(v4, '', listener.port, '127.0.0.1')
  for (let n = 0; n < 3; n++) await send(v6, 'no', listener.port, '::1')
  await send(v4, 'yes', listener.port, '127.0.0.1')
  await sink.until(1)
  await until(() => listener.counters.dropped.not_allowed === 3)
  const { received, frames, dropped } = listener.counters
  equal(dropped.empty, 1)
  equal(received, frames + dropped.not_allowed + dropped.empty)
  deepEqual(log.lines.filter(line => line.includes('receive.allow')).length, 1, 'one line for all of them')
})

test('the largest datagram comes whole', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  await send(v4, Buffer.alloc(65_507, 'x'), listener.port, '127.0.0.1')
  await sink.until(1)
  equal(sink.frames[0]?.text.length, 65_507)
})

test('paused: datagrams wait in the kernel; what overflows is counted to the last one', async () => {
  const { sink, listener } = await start({}, { receiveBufferBytes: 65_536 })
  listener.pause('queue')
  const sent = 3000
  for (let n = 0; n < sent; n++) await send(v4, Buffer.alloc(200, 'x'), listener.port, '127.0.0.1')
  equal(sink.frames.length, 0)
  listener.resume('queue')
  await listener.close()
  notEqual(listener.counters.kernelDrops, 0)
  ok(sink.frames.length > 0)
  equal(listener.counters.kernelDrops + sink.frames.length, sent)
})

test('while the disk is full datagrams are read and counted, to the last one', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  const { dropped } = listener.counters
  listener.pause('queue')
  listener.pause('disk')
  for (let n = 0; n < 50; n++) await send(v4, `${n}`, listener.port, '127.0.0.1')
  await until(() => dropped.disk_full === 50)
  listener.resume('disk')
  await send(v4, 'waits for the queue', listener.port, '127.0.0.1')
  listener.pause('disk')
  listener.resume('queue')
  await until(() => dropped.disk_full === 51)
  equal(sink.frames.length, 0)
  listener.resume('disk')
  await send(v4, 'taken', listener.port, '127.0.0.1')
  await sink.until(1)
  listener.pause('disk')
  await send(v4, 'late', listener.port, '127.0.0.1')
  await listener.close()
  const { received, frames } = listener.counters
  deepEqual([received, frames, dropped.disk_full], [53, 1, 52])
})

test('what arrived before close is delivered', async () => {
  const { sink, listener } = await start()
  listener.pause('queue')
  for (let n = 0; n < 100; n++) await send(v4, `${n}`, listener.port, '127.0.0.1')
  listener.resume('queue')
  await listener.close()
  equal(sink.frames.length, 100)
  await listener.close()
})

test('a smaller kernel buffer than asked for is said, with the command that allows it', async () => {
  const { listener, log } = await start({}, { receiveBufferBytes: 1 << 30 })
  await listener.close()
  match(log.lines.join('\n'), /sysctl -w net\.core\.rmem_max=1073741824/)
})

test('a port in use is one clear error', async () => {
  const { listener } = await start()
  await using _ = listener
  await rejects(start({}, { port: listener.port }), error => {
    ok(isPicketError(error, 'PORT_IN_USE'))
    match(
      error.message,
      new RegExp(`udp \\[::\\]:${listener.port}: another program uses it \\(change receive\\.udp\\.port`),
    )
    return true
  })
})

test('an address that this machine does not have', async () => {
  await rejects(
    start({}, { host: '192.0.2.1' }),
    error => isPicketError(error, 'ACCESS_DENIED') && /receive\.udp\.host/.test(error.message),
  )
})

test('threads may share a port, other programs not', async () => {
  const { listener } = await start()
  await using _ = listener
  await rejects(start({ sharing: 'first' }, { port: listener.port }), error => isPicketError(error, 'PORT_IN_USE'))
  const first = await start({ sharing: 'first' })
  await using __ = first.listener
  const second = await start({ sharing: 'further' }, { port: first.listener.port })
  equal(second.listener.port, first.listener.port)
  await rejects(start({ sharing: 'first' }, { port: second.listener.port }), error =>
    isPicketError(error, 'PORT_IN_USE'),
  )
  await second.listener.close()
})

test('what the kernel drops of a shared port is counted once, by the thread whose socket it was', async () => {
  const small = { receiveBufferBytes: 65_536 }
  const first = await start({ sharing: 'first' }, small)
  const second = await start({ sharing: 'further' }, { ...small, port: first.listener.port })
  const listeners = [first.listener, second.listener]
  for (const listener of listeners) listener.pause('queue')
  const senders = Array.from({ length: 16 }, () => createSocket('udp4'))
  const sent = 6000
  for (let n = 0; n < sent; n++)
    await send(senders[n % 16] as Socket, Buffer.alloc(200, 'x'), first.listener.port, '127.0.0.1')
  for (const sender of senders) sender.close()
  for (const listener of listeners) listener.resume('queue')
  await Promise.all(listeners.map(listener => listener.close()))
  const taken = first.sink.frames.length + second.sink.frames.length
  const dropped = listeners.reduce((sum, { counters }) => sum + counters.kernelDrops, 0)
  notEqual(dropped, 0)
  equal(taken + dropped, sent)
})
