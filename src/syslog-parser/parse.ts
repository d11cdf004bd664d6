// One frame to one message: charset, PRI, then RFC 5424 or the legacy header. Never throws on any bytes.
import type { ParseOptions, SyslogMessage } from './types.ts'

/** Parses the bytes of one frame or datagram. What is not understood stays in `message`. */
export function parseMessage(frame: Uint8Array, options: ParseOptions): SyslogMessage {
  throw new Error(`BUG: not written yet ${frame.length} ${options.receivedAt}`)
}
