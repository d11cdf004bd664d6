// Reads a stream of plain syslog frames (RFC 6587), as TCP and TLS carry it: bytes → framer → sink.
import { createFramer } from '../syslog-parser/framing.ts'
import type { Link, Reader } from './connection.ts'
import type { FrameSink } from './listener.ts'

/** Makes the reader of a connection; each frame goes to the sink, cut at `maxFrameBytes`. */
export function frameReader(sink: FrameSink, maxFrameBytes: number): (link: Link) => Reader {
  return ({ source, counters }) => {
    let hasSpoken = false
    const framer = createFramer({
      maxFrameBytes,
      onFrame(bytes, start, end, flaw) {
        hasSpoken = true
        counters.received++
        counters.frames++
        sink.frame(bytes, start, end, source, flaw)
      },
      onError(flaw) {
        counters.flaws[flaw]++
      },
      onEmptyFrame(kind) {
        counters.received++
        counters.dropped[kind]++
      },
    })
    return {
      push: framer.push,
      idle: framer.idle,
      end: framer.end,
      get hasSpoken() {
        return hasSpoken
      },
    }
  }
}
