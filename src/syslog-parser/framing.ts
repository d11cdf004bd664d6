// Cuts a TCP or TLS byte stream into frames: octet counting or lines, decided per frame (RFC 6587 §3.4, rules F1–F8).

export const framingFlaws = ['bad_length', 'oversize', 'resync', 'incomplete'] as const
/** What was wrong with a frame's framing. The frame is delivered all the same. */
export type FramingFlaw = (typeof framingFlaws)[number]

/** Receives one frame: bytes[start..end). The bytes belong to the stream; copy what is kept after the call. */
export type OnFrame = (bytes: Uint8Array, start: number, end: number, flaw?: FramingFlaw) => void

export type FramerOptions = {
  /** Longer frames are cut to this many bytes. */
  readonly maxFrameBytes: number
  readonly onFrame: OnFrame
  /** Called once for each framing error, before the frame that it concerns. */
  readonly onError?: ((flaw: FramingFlaw) => void) | undefined
}

export type Framer = {
  /** Takes the next bytes of the stream; the chunk is not kept after the call. */
  push(chunk: Uint8Array): void
  /** The peer closed: delivers what is left. */
  end(): void
  /** Nothing came for a second: a CR or NUL at the end of the buffer need not wait for a PRI any longer. */
  idle(): void
}

/** A framer for one connection. Memory is bounded by maxFrameBytes + 64 KiB whatever arrives. */
export function createFramer(options: FramerOptions): Framer {
  throw new Error(`BUG: not written yet (${options.maxFrameBytes})`)
}
