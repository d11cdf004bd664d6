// What the listeners of streams (TCP, TLS, RELP) share: limits on connections, one sweep for all timeouts, pressure
// given back to the senders, and closing without losing what has arrived. The protocol of the bytes is handed in.
//
//   accept ─► allowed? room? ─► wrap (TLS) ─► connection.ts ─► reader of the protocol ─► sink
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { PicketError } from '../base/errors.ts'
import { rateLimited } from '../base/log.ts'
import type { TcpConfig } from '../config/schema.ts'
import type { Transport } from '../model/record.ts'
import { type Connection, createConnection, type Link, type Reader } from './connection.ts'
import { createConnectionCount } from './connection-count.ts'
import { drain } from './drain.ts'
import { isNoIpv6, listenError } from './listen-error.ts'
import { type Counters, createCounters, type Listener, type ListenOptions, type PauseReason } from './listener.ts'
import type { OtherProtocol } from './other-protocol.ts'
import { canonicalAddress } from './peer.ts'

const sweepEveryMs = 1000
/** Finds senders that vanished without a word; shorter than the two hours of the kernel. */
const keepAliveAfterMs = 60_000

/** The options that every stream listener has. */
export type StreamConfig = Omit<TcpConfig, 'maxFrameBytes'>

export type StreamProtocol = {
  readonly transport: Transport
  /** Makes what reads a connection that was let in. */
  readonly openReader: (link: Link) => Reader
  /** Recognises by its first bytes a sender that speaks something else. */
  readonly otherProtocol: (firstBytes: Uint8Array) => OtherProtocol | undefined
  /** Our half stays open when the sender has closed its own, for a reader that still has to answer. */
  readonly allowHalfOpen?: boolean
  /** Makes of an accepted socket the stream that is read (TLS); without it the socket itself is read. Until it
   *  resolves the connection counts as open. When it rejects, the connection is closed; why is told by the wrapper. */
  readonly wrap?: (socket: Socket, peer: string, counters: Counters) => Promise<Wrapped>
}

export type Wrapped = {
  readonly stream: Socket
  /** The verified name of the sender. */
  readonly cert: string | undefined
}

/** Accepts connections and lets the protocol read them. `::` takes IPv4 too; where IPv6 is off it falls back to
 *  `0.0.0.0`. Errors: PORT_IN_USE, ACCESS_DENIED. */
export async function startStream(
  config: StreamConfig,
  protocol: StreamProtocol,
  options: ListenOptions,
): Promise<Listener> {
  const { allow, log, clock } = options
  const { transport } = protocol
  const counters = createCounters()
  const warnings = rateLimited(log, 60_000)
  /** Accepted sockets; undefined until the stream of one can be read. */
  const connections = new Map<Socket, Connection | undefined>()
  const openCount = options.connectionCount ?? createConnectionCount()
  let nextId = 1
  let accepted = 0
  const paused = new Set<PauseReason>()
  let closing: Promise<void> | undefined

  const server = await listen(config, protocol, options)
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('BUG: a TCP server without an address')
  const sweepTimer = setInterval(sweep, sweepEveryMs).unref()
  server.on('connection', accept)
  server.on('error', error =>
    warnings.warn(`${transport} accept`, { err: error }, `accepting a ${transport} connection failed`),
  )

  function accept(socket: Socket): void {
    accepted++
    socket.on('error', () => {}) // 'close' follows, and is what counts
    // A connection that was reset before we saw it has no address any more.
    const peer = canonicalAddress(socket.remoteAddress ?? '')
    if (peer === '' || isRefused(peer)) {
      socket.destroy()
      return
    }
    counters.connections++
    counters.openConnections++
    connections.set(socket, undefined)
    socket.once('close', () => forget(socket, peer))
    if (protocol.wrap === undefined) read(socket, { stream: socket, cert: undefined }, peer)
    else
      protocol.wrap(socket, peer, counters).then(
        wrapped => read(socket, wrapped, peer),
        () => socket.destroy(),
      )
  }

  function isRefused(peer: string): boolean {
    if (!allow(peer)) {
      counters.refused.not_allowed++
      const message = 'refused a connection from an address that may not send (receive.allow)'
      warnings.warn(`${transport} not_allowed`, { peer }, message)
      return true
    }
    const limit = openCount.open(peer, config)
    if (limit === undefined) return false
    counters.refused.connections_full++
    const option = `receive.${transport}.${limit}`
    warnings.warn(`${transport} ${option}`, { peer }, `refused a connection: too many are open (${option})`)
    return true
  }

  function read(socket: Socket, { stream, cert }: Wrapped, peer: string): void {
    if (!connections.has(socket)) return void stream.destroy() // it broke while it was wrapped
    const connection = createConnection(
      stream,
      { peer, transport, id: nextId++, ...(cert === undefined ? {} : { cert }) },
      {
        openReader: protocol.openReader,
        otherProtocol: protocol.otherProtocol,
        onOtherProtocol: ({ name, hint }) => warnings.warn(`${transport} ${name}`, { peer }, hint),
        idleTimeoutMs: config.idleTimeoutSeconds * 1000,
        firstFrameTimeoutMs: config.firstFrameTimeoutSeconds * 1000,
        counters,
        monotonic: clock.monotonic,
      },
    )
    connections.set(socket, connection)
    if (paused.size > 0) connection.pause()
  }

  function forget(socket: Socket, peer: string): void {
    connections.delete(socket)
    counters.openConnections--
    openCount.close(peer)
  }

  function sweep(): void {
    const now = clock.monotonic()
    for (const connection of connections.values()) connection?.sweep(now)
  }

  async function close(): Promise<void> {
    // closing resets what waits to be accepted, with all that it has sent; one is accepted in a turn of the event loop
    await drain(() => accepted, clock)
    const closed = once(server, 'close')
    server.close()
    await drain(() => counters.bytes, clock)
    clearInterval(sweepTimer)
    await Promise.all(
      [...connections].map(async ([socket, connection]) => {
        await connection?.close()
        socket.destroy()
      }),
    )
    warnings.flush()
    await closed
  }

  const listener: Listener = {
    transport,
    address: bound.address,
    port: bound.port,
    counters,
    pause(reason) {
      paused.add(reason)
      for (const connection of connections.values()) connection?.pause()
    },
    resume(reason) {
      if (!paused.delete(reason) || paused.size > 0) return
      const now = clock.monotonic()
      for (const connection of connections.values()) connection?.resume(now)
    },
    close() {
      closing ??= close()
      return closing
    },
    [Symbol.asyncDispose]: () => listener.close(),
  }
  return listener
}

async function listen(config: StreamConfig, protocol: StreamProtocol, options: ListenOptions): Promise<Server> {
  try {
    return await listenOnce(config, protocol, options)
  } catch (error) {
    if (config.host !== '::' || options.fd !== undefined || !isNoIpv6((error as PicketError).cause)) throw error
    options.log.info({}, 'IPv6 is off on this machine: listening on 0.0.0.0')
    return listenOnce({ ...config, host: '0.0.0.0' }, protocol, options)
  }
}

async function listenOnce(config: StreamConfig, protocol: StreamProtocol, options: ListenOptions): Promise<Server> {
  const { host } = config
  const { transport, allowHalfOpen = false } = protocol
  const { fd, sharing } = options
  const isFirst = fd === undefined && sharing === 'first'
  const port = isFirst ? await freePort(config, protocol, options) : config.port
  const server = createServer({ keepAlive: true, keepAliveInitialDelay: keepAliveAfterMs, allowHalfOpen })
  try {
    server.listen(fd === undefined ? { host, port, reusePort: sharing !== undefined } : { fd })
    await once(server, 'listening')
    return server
  } catch (error) {
    server.close()
    throw listenError(error as NodeJS.ErrnoException, transport, host, port)
  }
}

/** The port, once a server that shares it with nobody could listen on it. */
async function freePort(config: StreamConfig, protocol: StreamProtocol, options: ListenOptions): Promise<number> {
  const server = await listenOnce(config, protocol, { ...options, sharing: undefined })
  const address = server.address()
  const closed = once(server, 'close')
  server.close()
  await closed
  return address === null || typeof address === 'string' ? config.port : address.port
}
