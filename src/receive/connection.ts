// One connection of a stream listener: bytes → reader, when it last said something, and whether it is read at all.
import type { Socket } from 'node:net'
import type { Counters, Source } from './listener.ts'
import type { OtherProtocol } from './other-protocol.ts'

/** What a protocol makes of the bytes of one connection. */
export type Reader = {
  /** Takes the next bytes; the chunk is not kept after the call. */
  push(chunk: Uint8Array): void
  /** The stream was quiet for a second. */
  idle(): void
  /** The peer ended or broke the connection. Called once. */
  end(): void
  /** The sender has said something in this protocol, so it is not one that connects and says nothing. */
  readonly hasSpoken: boolean
  /** Called every second, also while nothing is read. */
  sweep?(now: number): void
  /** Nothing more will be read because Picket closes: resolves when everything is said and the socket may go. */
  close?(): Promise<void>
}

/** What a reader may do with its connection. */
export type Link = {
  /** To write to. Reading is the connection's business. */
  readonly socket: Socket
  readonly source: Source
  readonly counters: Counters
  /** Stops reading this connection until `release`, whatever the listener does. */
  hold(): void
  release(): void
}

export type ConnectionOptions = {
  readonly openReader: (link: Link) => Reader
  readonly idleTimeoutMs: number
  readonly firstFrameTimeoutMs: number
  readonly counters: Counters
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
  /** Called once with what came first, to recognise senders that speak something else. */
  readonly otherProtocol: (firstBytes: Uint8Array) => OtherProtocol | undefined
  readonly onOtherProtocol: (other: OtherProtocol) => void
}

export type Connection = {
  readonly source: Source
  /** Called every second: tells of a quiet stream, and closes the connection when its time is over. */
  sweep(now: number): void
  pause(): void
  /** The time that we did not read does not count as silence. */
  resume(now: number): void
  /** Delivers the unfinished frame, lets the reader say its last, and destroys the socket. */
  close(): Promise<void>
}

/** A stream that went quiet this long will not finish a CR or NUL at its end (framing rule F8). */
const quietAfterMs = 1000

export function createConnection(socket: Socket, source: Source, options: ConnectionOptions): Connection {
  const { counters, monotonic } = options
  const openedAt = monotonic()
  let lastDataAt = openedAt
  let quiet = true
  let firstChunk = true
  let ended = false
  let isPaused = false
  let isHeld = false

  const reader = options.openReader({
    socket,
    source,
    counters,
    hold() {
      isHeld = true
      socket.pause()
    },
    release() {
      if (!isHeld) return
      isHeld = false
      lastDataAt = monotonic()
      if (!isPaused) socket.resume()
    },
  })

  socket.on('data', chunk => {
    counters.bytes += chunk.length
    lastDataAt = monotonic()
    quiet = false
    if (firstChunk) {
      firstChunk = false
      const other = options.otherProtocol(chunk)
      if (other !== undefined) options.onOtherProtocol(other)
    }
    reader.push(chunk)
  })
  // A reset connection says so on 'close'; what it sent before is delivered like at an orderly end.
  socket.on('error', () => {})
  socket.on('end', end)
  socket.on('close', end)

  function end(): void {
    if (ended) return
    ended = true
    reader.end()
  }

  return {
    source,
    sweep(now) {
      reader.sweep?.(now)
      if (isPaused || isHeld) return
      const silence = now - lastDataAt
      if (!quiet && silence >= quietAfterMs) {
        quiet = true
        reader.idle()
      }
      const late = !reader.hasSpoken && now - openedAt >= options.firstFrameTimeoutMs
      if (!late && silence < options.idleTimeoutMs) return
      counters.timeouts++
      end()
      socket.destroy()
    },
    pause() {
      isPaused = true
      socket.pause()
    },
    resume(now) {
      isPaused = false
      lastDataAt = now
      if (!isHeld) socket.resume()
    },
    async close() {
      if (reader.close === undefined) end()
      else await reader.close()
      socket.destroy()
    },
  }
}
