// UDP: one datagram is one frame (RFC 5426 §3.1). What is lost on the way in is counted, by us or by the kernel.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { PicketError } from '../base/errors.ts'
import { type Log, rateLimited } from '../base/log.ts'
import type { UdpConfig } from '../config/schema.ts'
import { drain } from './drain.ts'
import { createDropMeter } from './kernel-drops.ts'
import { isNoIpv6, listenError } from './listen-error.ts'
import { createCounters, type FrameSink, type Listener, type ListenOptions, type PauseReason } from './listener.ts'
import { udpDescriptor, udpReading } from './udp-handle.ts'
import { createUdpSources } from './udp-sources.ts'

/** Receives datagrams and gives each to the sink. `::` takes IPv4 too; where IPv6 is off it falls back to `0.0.0.0`.
 *  Errors: PORT_IN_USE, ACCESS_DENIED. */
export async function startUdp(config: UdpConfig, sink: FrameSink, options: ListenOptions): Promise<Listener> {
  const { log, clock } = options
  const counters = createCounters()
  const warnings = rateLimited(log, 60_000)
  const sourceOf = createUdpSources(options.allow)
  const socket = await bind(config, options)
  const { address, port } = socket.address()
  const reading = udpReading(socket)
  const meter = createDropMeter(udpDescriptor(socket), { inherited: options.fd !== undefined })
  const meterTimer = setInterval(readKernelDrops, 1000).unref()
  const paused = new Set<PauseReason>()
  let closing: Promise<void> | undefined
  checkBuffer(socket, config, log)

  socket.on('message', (bytes, { address: from }) => {
    counters.received++
    counters.bytes += bytes.length
    if (bytes.length === 0) {
      counters.dropped.empty++
      return
    }
    const source = sourceOf(from)
    if (source === undefined) {
      counters.dropped.not_allowed++
      warnings.warn('udp not_allowed', { peer: from }, 'a datagram from an address that may not send (receive.allow)')
      return
    }
    if (paused.has('disk')) {
      counters.dropped.disk_full++
      return
    }
    if (paused.has('queue') && reading === undefined) {
      counters.dropped.queue_full++
      return
    }
    counters.frames++
    sink.frame(bytes, 0, bytes.length, source)
  })
  socket.on('error', error => warnings.warn('udp socket', { err: error }, 'reading the UDP socket failed'))

  function readKernelDrops(): void {
    const before = counters.kernelDrops
    counters.kernelDrops = meter.read()
    const lost = counters.kernelDrops - before
    if (lost > 0) {
      warnings.warn('udp kernel_drops', { lost }, 'the kernel dropped datagrams: more arrived than could be read')
    }
  }

  /** Changes the reasons, and reads or not as they say. */
  function turn(change: () => void): void {
    if (closing !== undefined) return
    const wasReading = isReading()
    change()
    if (isReading() === wasReading) return
    if (wasReading) reading?.stop()
    else reading?.start()
  }

  function isReading(): boolean {
    return paused.size === 0 || paused.has('disk')
  }

  async function close(): Promise<void> {
    await drain(() => counters.received, clock)
    clearInterval(meterTimer)
    readKernelDrops()
    warnings.flush()
    const closed = once(socket, 'close')
    socket.close()
    await closed
  }

  const listener: Listener = {
    transport: 'udp',
    address,
    port,
    counters,
    pause: reason => turn(() => paused.add(reason)),
    resume: reason => turn(() => paused.delete(reason)),
    close() {
      closing ??= close()
      return closing
    },
    [Symbol.asyncDispose]: () => listener.close(),
  }
  return listener
}

async function bind(config: UdpConfig, options: ListenOptions): Promise<Socket> {
  if (options.fd !== undefined) return bindOnce({ ...config, fd: options.fd }, options)
  try {
    return await bindOnce(config, options)
  } catch (error) {
    if (config.host !== '::' || !isNoIpv6((error as PicketError).cause)) throw error
    options.log.info({}, 'IPv6 is off on this machine: listening on 0.0.0.0')
    return bindOnce({ ...config, host: '0.0.0.0' }, options)
  }
}

async function bindOnce(config: UdpConfig & { readonly fd?: number }, options: ListenOptions): Promise<Socket> {
  const { fd, host, receiveBufferBytes } = config
  const isFirst = fd === undefined && options.sharing === 'first'
  const port = isFirst ? await freePort(config, options) : config.port
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    recvBufferSize: receiveBufferBytes,
    reusePort: fd === undefined && options.sharing !== undefined,
  })
  try {
    // Node says 'listening' before bind returns when it is given a descriptor.
    const listening = once(socket, 'listening')
    socket.bind(fd === undefined ? { port, address: host } : { fd })
    await listening
    return socket
  } catch (error) {
    socket.close()
    throw listenError(error as NodeJS.ErrnoException, 'udp', host, port)
  }
}

/** The port, once a socket that shares it with nobody could be bound to it. */
async function freePort(config: UdpConfig, options: ListenOptions): Promise<number> {
  const socket = await bindOnce(config, { ...options, sharing: undefined })
  const { port } = socket.address()
  const closed = once(socket, 'close')
  socket.close()
  await closed
  return port
}

/** Linux grants at most net.core.rmem_max without saying so, and reports twice the grant (socket(7), SO_RCVBUF). */
function checkBuffer(socket: Socket, config: UdpConfig, log: Log): void {
  const reported = socket.getRecvBufferSize()
  const granted = process.platform === 'linux' ? reported / 2 : reported
  if (granted >= config.receiveBufferBytes) return
  log.warn(
    { granted, wanted: config.receiveBufferBytes },
    `the kernel gives UDP a smaller buffer than asked for; allow it with: sysctl -w net.core.rmem_max=${config.receiveBufferBytes}`,
  )
}
