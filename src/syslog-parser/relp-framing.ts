// Cuts a RELP stream into frames (rules P1–P7; librelp doc/relp.md). Any split of the stream gives the same frames.
//
//   TXNR SP COMMAND SP DATALEN [ SP DATA ] LF     TXNR, DATALEN = 1*9DIGIT; COMMAND = 1*32ALPHA
//                                                 SP DATA only when DATALEN is not 0; DATA has that many octets
//
// Data that lies whole in a chunk is delivered where it lies; only what a chunk's border cuts is copied.

/** One frame. The framer uses the same object each time: take what is needed before returning. */
export type RelpFrame = {
  txnr: number
  command: string
  /** The data is bytes[start..end); the bytes belong to the stream, copy what is kept. */
  bytes: Uint8Array
  start: number
  end: number
  /** The data was longer than `maxDataBytes`; its end was thrown away. */
  isCut: boolean
}

export type RelpFramerOptions = {
  /** Longer data is cut to this many bytes. */
  readonly maxDataBytes: number
  readonly onFrame: (frame: RelpFrame) => void
  /** The bytes are no RELP: nothing more is read of this stream. Called at most once. */
  readonly onInvalid: () => void
}

export type RelpFramer = {
  /** Takes the next bytes of the stream; the chunk is not kept after the call. */
  push(chunk: Uint8Array): void
  /** Reads nothing more, not even the rest of the chunk in `push`. */
  stop(): void
  /** A frame has begun and not ended. */
  readonly isInside: boolean
}

const maxDigits = 9
const maxCommandLetters = 32
const firstSliceBytes = 1024
const keptPendingBytes = 64 * 1024

const lineFeed = 0x0a
const blank = 0x20

/** What the next byte belongs to. */
const inTxnr = 0
const inCommand = 1
const inLength = 2
const inData = 3
const atTrailer = 4
const stopped = 5

/** A framer for one connection. Memory is bounded by maxDataBytes + 64 KiB whatever arrives. */
export function createRelpFramer({ maxDataBytes, onFrame, onInvalid }: RelpFramerOptions): RelpFramer {
  const none = new Uint8Array(0)
  const frame: RelpFrame = { txnr: 0, command: '', bytes: none, start: 0, end: 0, isCut: false }
  let state = inTxnr
  /** Digits or letters of the current part. */
  let read = 0
  let command = ''
  let dataLength = 0
  /** Octets of the data that are still to come. */
  let need = 0
  let pending = none
  let pendingBytes = 0

  function push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && state !== stopped) at = state === inData ? takeData(chunk, at) : takeByte(chunk, at)
  }

  /** Everything but the data goes byte by byte: it is short, and may be cut anywhere. */
  function takeByte(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] as number
    switch (state) {
      case inTxnr:
        if (isDigit(byte) && read < maxDigits) frame.txnr = (read++ === 0 ? 0 : frame.txnr * 10) + byte - 0x30
        else if (byte === blank && read > 0) enter(inCommand)
        else invalid()
        break
      case inCommand:
        if (isLetter(byte) && read < maxCommandLetters) {
          command = read++ === 0 ? String.fromCharCode(byte) : command + String.fromCharCode(byte)
        } else if (byte === blank && read > 0) enter(inLength)
        else invalid()
        break
      case inLength:
        if (isDigit(byte) && read < maxDigits) dataLength = (read++ === 0 ? 0 : dataLength * 10) + byte - 0x30
        else if (byte === blank && read > 0 && dataLength > 0) {
          need = dataLength
          enter(inData)
        } else if (byte === lineFeed && read > 0 && dataLength === 0) deliver(none, 0, 0)
        else invalid()
        break
      default:
        if (byte === lineFeed) deliver(pending, 0, pendingBytes)
        else invalid()
    }
    return at + 1
  }

  function takeData(chunk: Uint8Array, at: number): number {
    const behind = at + need
    if (pendingBytes === 0 && need === dataLength && behind < chunk.length) {
      if (chunk[behind] === lineFeed) deliver(chunk, at, at + Math.min(need, maxDataBytes))
      else invalid()
      return behind + 1
    }
    const taken = Math.min(need, chunk.length - at)
    keep(chunk, at, at + taken)
    need -= taken
    if (need === 0) enter(atTrailer)
    return at + taken
  }

  function enter(next: number): void {
    state = next
    read = 0
  }

  function deliver(bytes: Uint8Array, start: number, end: number): void {
    frame.command = command
    frame.bytes = bytes
    frame.start = start
    frame.end = end
    frame.isCut = dataLength > maxDataBytes
    enter(inTxnr)
    onFrame(frame)
    frame.bytes = none
    pendingBytes = 0
    if (pending.length > keptPendingBytes) pending = none
  }

  /** Keeps bytes[start..end) of the data, as far as there is room under the limit. */
  function keep(bytes: Uint8Array, start: number, end: number): void {
    const wanted = Math.min(pendingBytes + end - start, maxDataBytes)
    if (wanted > pending.length) {
      const room = Math.max(firstSliceBytes, wanted, Math.min(pending.length * 2, maxDataBytes))
      const grown = new Uint8Array(room)
      grown.set(pending.subarray(0, pendingBytes))
      pending = grown
    }
    pending.set(bytes.subarray(start, start + wanted - pendingBytes), pendingBytes)
    pendingBytes = wanted
  }

  function invalid(): void {
    state = stopped
    onInvalid()
  }

  return {
    push,
    stop() {
      state = stopped
      pending = none
    },
    get isInside() {
      return state !== stopped && (state !== inTxnr || read > 0)
    },
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}
