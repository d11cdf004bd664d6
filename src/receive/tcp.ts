// Plain TCP syslog (RFC 6587): limits on connections, one sweep for all timeouts, pressure given back to the senders.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { PicketError } from '../base/errors.ts'
import { rateLimited } from '../base/log.ts'
import type { TcpConfig } from '../config/schema.ts'
import { type Connection, type ConnectionOptions, createConnection } from './connection.ts'
import { drain, pollSockets } from './drain.ts'
import { isNoIpv6, listenError } from './listen-error.ts'
import { createCounters, type FrameSink, type Listener, type ListenOptions } from './listener.ts'
import { canonicalAddress } from './peer.ts'

const sweepEveryMs = 1000
/** Finds senders that vanished without a word; shorter than the two hours of the kernel. */
const keepAliveAfterMs = 60_000

/** Accepts connections and gives each frame to the sink. `::` takes IPv4 too; where IPv6 is off it falls back to
 *  `0.0.0.0`. Errors: PORT_IN_USE, ACCESS_DENIED. */
export async function startTcp(config: TcpConfig, sink: FrameSink, options: ListenOptions): Promise<Listener> {
  const { allow, log, clock } = options
  const counters = createCounters()
  const warnings = rateLimited(log, 60_000)
  const connections = new Set<Connection>()
  const openBySource = new Map<string, number>()
  let nextId = 1
  let paused = false
  let closing: Promise<void> | undefined

  const server = await listen(config, options)
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('BUG: a TCP server without an address')
  const sweepTimer = setInterval(sweep, sweepEveryMs).unref()
  server.on('connection', accept)
  server.on('error', error => warnings.warn('tcp accept', { err: error }, 'accepting a TCP connection failed'))

  function accept(socket: Socket): void {
    // A connection that was reset before we saw it has no address any more.
    const peer = canonicalAddress(socket.remoteAddress ?? '')
    const refused = peer === '' ? 'reset' : refusal(peer)
    if (refused !== undefined) {
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    counters.connections++
    counters.openConnections++
    openBySource.set(peer, (openBySource.get(peer) ?? 0) + 1)
    const connection = createConnection(socket, { peer, transport: 'tcp', id: nextId++ }, connectionOptions(peer))
    connections.add(connection)
    socket.once('close', () => forget(connection))
    if (paused) socket.pause()
  }

  function refusal(peer: string): 'not_allowed' | 'connections_full' | undefined {
    if (!allow(peer)) {
      counters.dropped.not_allowed++
      warnings.warn(
        'tcp not_allowed',
        { peer },
        'refused a connection from an address that may not send (receive.allow)',
      )
      return 'not_allowed'
    }
    const full = connections.size >= config.maxConnections
    const fullForSource = (openBySource.get(peer) ?? 0) >= config.maxConnectionsPerSource
    if (!full && !fullForSource) return undefined
    counters.dropped.connections_full++
    const option = full ? 'receive.tcp.maxConnections' : 'receive.tcp.maxConnectionsPerSource'
    warnings.warn(`tcp ${option}`, { peer }, `refused a connection: too many are open (${option})`)
    return 'connections_full'
  }

  function connectionOptions(peer: string): ConnectionOptions {
    return {
      maxFrameBytes: config.maxFrameBytes,
      idleTimeoutMs: config.idleTimeoutSeconds * 1000,
      firstFrameTimeoutMs: config.firstFrameTimeoutSeconds * 1000,
      sink,
      counters,
      monotonic: clock.monotonic,
      onOtherProtocol: ({ name, hint }) => warnings.warn(`tcp ${name}`, { peer }, hint),
    }
  }

  function forget(connection: Connection): void {
    const { peer } = connection.source
    connections.delete(connection)
    counters.openConnections--
    const left = (openBySource.get(peer) ?? 1) - 1
    if (left > 0) openBySource.set(peer, left)
    else openBySource.delete(peer)
  }

  function sweep(): void {
    if (paused) return
    const now = clock.monotonic()
    for (const connection of connections) connection.sweep(now)
  }

  async function close(): Promise<void> {
    await pollSockets() // closing resets what waits to be accepted, with all that it has sent
    const closed = once(server, 'close')
    server.close()
    await drain(() => counters.bytes, clock)
    clearInterval(sweepTimer)
    for (const connection of connections) {
      connection.end()
      connection.socket.destroy()
    }
    warnings.flush()
    await closed
  }

  const listener: Listener = {
    transport: 'tcp',
    address: bound.address,
    port: bound.port,
    counters,
    pause() {
      if (paused) return
      paused = true
      for (const { socket } of connections) socket.pause()
    },
    resume() {
      if (!paused) return
      paused = false
      const now = clock.monotonic()
      for (const connection of connections) connection.resume(now)
    },
    close() {
      closing ??= close()
      return closing
    },
    [Symbol.asyncDispose]: () => listener.close(),
  }
  return listener
}

async function listen(config: TcpConfig, options: ListenOptions): Promise<Server> {
  try {
    return await listenOnce(config, options)
  } catch (error) {
    if (config.host !== '::' || options.fd !== undefined || !isNoIpv6((error as PicketError).cause)) throw error
    options.log.info({}, 'IPv6 is off on this machine: listening on 0.0.0.0')
    return listenOnce({ ...config, host: '0.0.0.0' }, options)
  }
}

async function listenOnce({ host, port }: TcpConfig, { fd, reusePort }: ListenOptions): Promise<Server> {
  const server = createServer({ keepAlive: true, keepAliveInitialDelay: keepAliveAfterMs })
  try {
    server.listen(fd === undefined ? { host, port, reusePort: reusePort ?? false } : { fd })
    await once(server, 'listening')
    return server
  } catch (error) {
    server.close()
    throw listenError(error as NodeJS.ErrnoException, 'tcp', host, port)
  }
}
