import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { isPicketError } from '../../src/base/errors.ts'
import { createConnectionCount } from '../../src/receive/connection-count.ts'
import type { ListenOptions } from '../../src/receive/listener.ts'
import { otherProtocol } from '../../src/receive/other-protocol.ts'
import { parseAllowList } from '../../src/receive/peer.ts'
import { startTcp } from '../../src/receive/tcp.ts'
import { createRecorder, dial, recordLog, until } from './recorder.ts'

const config = {
  host: '::',
  port: 0,
  maxFrameBytes: 1024,
  maxConnections: 100,
  maxConnectionsPerSource: 50,
  idleTimeoutSeconds: 3600,
  firstFrameTimeoutSeconds: 30,
}

async function start(over: Partial<typeof config> = {}, more: Partial<ListenOptions> = {}) {
  const sink = createRecorder()
  const log = recordLog()
  const allow = parseAllowList([])
  const listener = await startTcp({ ...config, ...over }, sink, { allow, log, clock: systemClock, ...more })
  return { sink, log, listener }
}

test('lines and counted frames, IPv4 and IPv6, one source per connection', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  const lines = await dial(listener.port)
  lines.write('<13>one\n<13>two\n')
  await sink.until(2)
  const counted = await dial(listener.port, '::1')
  counted.write('9 <13>three9 <13>f')
  counted.write('our!')
  await sink.until(4)
  deepEqual(sink.texts(), ['<13>one', '<13>two', '<13>three', '<13>four!'])
  const sources = sink.frames.map(({ source }) => source)
  equal(sources[0], sources[1])
  ok(sources[0]?.id !== sources[2]?.id)
  deepEqual(
    sources.map(({ peer, transport }) => `${transport} ${peer}`),
    ['tcp 127.0.0.1', 'tcp 127.0.0.1', 'tcp ::1', 'tcp ::1'],
  )
  equal(listener.counters.frames, 4)
  equal(listener.counters.openConnections, 2)
})

test('one byte per segment gives the same frames', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  const client = (await dial(listener.port)).setNoDelay(true)
  for (const byte of '<13>a b\n7 <13>cde') {
    client.write(byte)
    await until(() => client.writableLength === 0)
  }
  await sink.until(2)
  deepEqual(sink.texts(), ['<13>a b', '<13>cde'])
})

test('the unfinished frame of a sender that ends or breaks is delivered', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  const ends = await dial(listener.port)
  ends.end('<13>no newline')
  await sink.until(1)
  const breaks = await dial(listener.port)
  breaks.write('<13>whole\n20 <13>cut')
  await sink.until(2)
  breaks.resetAndDestroy()
  await sink.until(3)
  deepEqual(sink.texts(), ['<13>no newline', '<13>whole', '<13>cut'])
  equal(sink.frames[2]?.flaw, 'incomplete')
  equal(listener.counters.flaws.incomplete, 1)
  await until(() => listener.counters.openConnections === 0)
})

test('framing flaws are counted, the connection stays', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  const client = await dial(listener.port)
  client.write(`<13>${'x'.repeat(5000)}\n<13>after\n`)
  await sink.until(2)
  equal(sink.frames[0]?.text.length, 1024)
  equal(sink.frames[0]?.flaw, 'oversize')
  equal(sink.texts()[1], '<13>after')
  equal(listener.counters.flaws.oversize, 1)
})

test('senders that may not send are refused and counted', async () => {
  const { listener, log } = await start({}, { allow: parseAllowList(['127.0.0.2']) })
  await using _ = listener
  const refused = await dial(listener.port)
  await once(refused, 'close')
  equal(listener.counters.refused.not_allowed, 1)
  match(log.lines.join(), /receive\.allow/)
  await dial(listener.port, '127.0.0.1', '127.0.0.2')
  await until(() => listener.counters.connections === 1)
})

test('limits of connections, per source and in all; a closed one makes room', async () => {
  const { sink, listener, log } = await start({ maxConnectionsPerSource: 2, maxConnections: 3 })
  await using _ = listener
  const own = [await dial(listener.port), await dial(listener.port)]
  await once(await dial(listener.port), 'close')
  equal(listener.counters.refused.connections_full, 1)
  match(log.lines.join(), /receive\.tcp\.maxConnectionsPerSource/)

  await dial(listener.port, '127.0.0.1', '127.0.0.2')
  await once(await dial(listener.port, '127.0.0.1', '127.0.0.3'), 'close')
  equal(listener.counters.refused.connections_full, 2)
  match(log.lines.at(-1) ?? '', /receive\.tcp\.maxConnections\)/)

  own[0]?.destroy()
  await until(() => listener.counters.openConnections === 2)
  const next = await dial(listener.port)
  next.write('<13>in\n')
  await sink.until(1)
})

test('paused: nothing is read, the sender waits, nothing is lost', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  sink.onFrame = () => listener.pause('queue')
  const client = await dial(listener.port)
  const line = `<13>${'x'.repeat(995)}\n`
  const count = 20_000
  client.write('<13>first\n')
  await sink.until(1)
  client.write(line.repeat(count))
  const late = await dial(listener.port)
  late.write('<13>late\n')
  await until(() => listener.counters.connections === 2)
  for (let n = 0; n < 100; n++) await new Promise(setImmediate)
  equal(sink.frames.length, 1)
  ok(client.writableLength > 0, 'the rest waits at the sender')

  sink.onFrame = undefined
  listener.resume('queue')
  await sink.until(count + 2)
  equal(sink.frames.length, count + 2)
  ok(sink.texts().includes('<13>late'))
})

test('paused for two reasons: it is read when both are gone', async () => {
  const { sink, listener } = await start()
  await using _ = listener
  const client = await dial(listener.port)
  await until(() => listener.counters.connections === 1)
  listener.pause('queue')
  listener.pause('disk')
  client.write('<13>one\n')
  listener.resume('queue')
  for (let n = 0; n < 100; n++) await new Promise(setImmediate)
  equal(listener.counters.bytes, 0)
  listener.resume('disk')
  await sink.until(1)
})

test('what arrived before close is delivered, with the unfinished frame', async () => {
  const { sink, listener } = await start()
  const client = await dial(listener.port)
  await until(() => listener.counters.connections === 1)
  listener.pause('queue')
  client.write('<13>one\n<13>tw')
  await until(() => client.writableLength === 0)
  listener.resume('queue')
  await listener.close()
  deepEqual(sink.texts(), ['<13>one', '<13>tw'])
  await once(client, 'close')
  await listener.close()
})

test('silent connections are closed: no first frame, or nothing for too long', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let now = 0
  const clock: Clock = { now: () => now, monotonic: () => now }
  const { sink, listener } = await start({ firstFrameTimeoutSeconds: 10, idleTimeoutSeconds: 60 }, { clock })
  const silent = await dial(listener.port)
  const slow = await dial(listener.port)
  const good = await dial(listener.port)
  slow.write('<13>never en')
  good.write('<13>hello\n')
  await sink.until(1)
  await until(() => listener.counters.bytes === '<13>never en<13>hello\n'.length)

  now = 9_000
  t.mock.timers.tick(1000)
  equal(listener.counters.timeouts, 0)
  now = 10_000
  t.mock.timers.tick(1000)
  await Promise.all([once(silent, 'close'), once(slow, 'close')])
  equal(listener.counters.timeouts, 2)
  deepEqual(sink.texts(), ['<13>hello', '<13>never en'], 'what the slow one had sent is kept')

  listener.pause('queue')
  now = 100_000
  t.mock.timers.tick(1000)
  listener.resume('queue')
  t.mock.timers.tick(1000)
  equal(listener.counters.openConnections, 1, 'time that we did not read does not count')
  now = 160_000
  t.mock.timers.tick(1000)
  await once(good, 'close')
  equal(listener.counters.timeouts, 3)
  await listener.close()
})

test('a NUL at the end waits one quiet second, no longer', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let now = 0
  const { sink, listener } = await start({}, { clock: { now: () => now, monotonic: () => now } })
  const client = await dial(listener.port)
  client.write('<13>nul ended\0')
  await until(() => listener.counters.bytes === 14)
  equal(sink.frames.length, 0)
  now = 1000
  t.mock.timers.tick(1000)
  deepEqual(sink.texts(), ['<13>nul ended'])
  await listener.close()
})

test('a port in use, and two sockets on one port', async () => {
  const { listener } = await start()
  await using _ = listener
  await rejects(start({ port: listener.port }), error => isPicketError(error, 'PORT_IN_USE'))
  // what threads share, no other program of this account may join
  await rejects(start({ port: listener.port }, { sharing: 'first' }), error => isPicketError(error, 'PORT_IN_USE'))
  const first = await start({}, { sharing: 'first' })
  const second = await start({ port: first.listener.port }, { sharing: 'further' })
  await rejects(start({ port: first.listener.port }, { sharing: 'first' }), error =>
    isPicketError(error, 'PORT_IN_USE'),
  )
  await first.listener.close()
  await second.listener.close()
})

test('listeners that count together keep the limits together', async () => {
  const connectionCount = createConnectionCount()
  const limits = { maxConnections: 5, maxConnectionsPerSource: 3 }
  const first = await start(limits, { connectionCount })
  const second = await start(limits, { connectionCount })
  await using stack = new AsyncDisposableStack()
  stack.use(first.listener)
  stack.use(second.listener)
  const open = () => first.listener.counters.openConnections + second.listener.counters.openConnections
  const refused = () =>
    first.listener.counters.refused.connections_full + second.listener.counters.refused.connections_full
  const clients = [await dial(first.listener.port), await dial(second.listener.port), await dial(second.listener.port)]
  await until(() => open() === 3)
  await dial(first.listener.port)
  await until(() => refused() === 1)
  ok(first.log.lines.some(line => line.includes('maxConnectionsPerSource')))
  for (const address of ['127.0.0.2', '127.0.0.3']) await dial(second.listener.port, '127.0.0.1', address)
  await until(() => open() === 5)
  await dial(second.listener.port, '127.0.0.1', '127.0.0.4')
  await until(() => refused() === 2)
  ok(second.log.lines.some(line => line.includes('maxConnections)')))
  // a place that is given back is free for all
  clients[1]?.destroy()
  await until(() => open() === 4)
  await dial(first.listener.port)
  await until(() => open() === 5)
  equal(refused(), 2)
})

test('other protocols get one line that helps', async () => {
  const { listener, log } = await start()
  await using _ = listener
  for (let n = 0; n < 3; n++) (await dial(listener.port)).end('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => listener.counters.connections === 3 && listener.counters.openConnections === 0)
  equal(log.lines.filter(line => line.includes('web.port')).length, 1)
})

test('which protocol the first bytes are', () => {
  const f = (bytes: string, want: RegExp) => match(otherProtocol(Buffer.from(bytes, 'latin1'))?.hint ?? 'syslog', want)
  f('\x16\x03\x01\x02\x00\x01', /TLS/)
  f('1 open 85 relp_version=0', /RELP/)
  f('SSH-2.0-OpenSSH_9.2', /SSH/)
  f('POST /api HTTP/1.1', /HTTP/)
  f('<13>Nov 23 12:00:00 h a: b', /^syslog$/)
  f('35 <13>Nov 23', /^syslog$/)
  f('1 <', /^syslog$/)
  f('', /^syslog$/)
})
