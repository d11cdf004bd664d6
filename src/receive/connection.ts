// One TCP sender: bytes → framer → sink, and when it last said something.
import type { Socket } from 'node:net'
import { createFramer } from '../syslog-parser/framing.ts'
import type { Counters, FrameSink, Source } from './listener.ts'
import { type OtherProtocol, otherProtocol } from './other-protocol.ts'

export type ConnectionOptions = {
  readonly maxFrameBytes: number
  readonly idleTimeoutMs: number
  readonly firstFrameTimeoutMs: number
  readonly sink: FrameSink
  readonly counters: Counters
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
  /** The first bytes are no syslog but a known other protocol; called at most once. */
  readonly onOtherProtocol: (other: OtherProtocol) => void
}

export type Connection = {
  readonly socket: Socket
  readonly source: Source
  /** Called every second: delivers what waits for a quiet moment, and closes the connection when its time is over. */
  sweep(now: number): void
  /** The time that we did not read does not count as silence. */
  resume(now: number): void
  /** Delivers the unfinished frame and lets go of the socket. Idempotent. */
  end(): void
}

/** A stream that went quiet this long will not finish a CR or NUL at its end (framing rule F8). */
const quietAfterMs = 1000

export function createConnection(socket: Socket, source: Source, options: ConnectionOptions): Connection {
  const { sink, counters, monotonic } = options
  const openedAt = monotonic()
  let lastDataAt = openedAt
  let quiet = true
  let firstChunk = true
  let frames = 0
  let ended = false

  const framer = createFramer({
    maxFrameBytes: options.maxFrameBytes,
    onFrame(bytes, start, end, flaw) {
      frames++
      counters.frames++
      sink.frame(bytes, start, end, source, flaw)
    },
    onError(flaw) {
      counters.flaws[flaw]++
    },
  })

  socket.on('data', chunk => {
    counters.bytes += chunk.length
    lastDataAt = monotonic()
    quiet = false
    if (firstChunk) {
      firstChunk = false
      const other = otherProtocol(chunk)
      if (other !== undefined) options.onOtherProtocol(other)
    }
    framer.push(chunk)
  })
  // A reset connection says so on 'close'; what it sent before is delivered like at an orderly end.
  socket.on('error', () => {})
  socket.on('end', end)
  socket.on('close', end)

  function sweep(now: number): void {
    const silence = now - lastDataAt
    if (!quiet && silence >= quietAfterMs) {
      quiet = true
      framer.idle()
    }
    const late = frames === 0 && now - openedAt >= options.firstFrameTimeoutMs
    if (!late && silence < options.idleTimeoutMs) return
    counters.timeouts++
    end()
    socket.destroy()
  }

  function end(): void {
    if (ended) return
    ended = true
    framer.end()
  }

  return {
    socket,
    source,
    sweep,
    resume(now) {
      lastDataAt = now
      socket.resume()
    },
    end,
  }
}
