// A byte stream cut at line feeds. Bytes, because a log line need not be UTF-8.
import { PicketError } from '../base/errors.ts'

/** The longest frame that any listener takes (receive.tcp.maxFrameBytes), as base64 and some room. */
const maxLineBytes = 32 << 20

/** The lines without their LF; the last one may lack it. Errors: BAD_REQUEST for a line over 32 MiB. */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let parts: Buffer[] = []
  let length = 0
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const tail = bytes.subarray(start, end)
      yield parts.length === 0 ? tail : Buffer.concat([...parts, tail])
      parts = []
      length = 0
      start = end + 1
    }
    if (start === bytes.length) continue
    parts.push(bytes.subarray(start))
    length += bytes.length - start
    if (length > maxLineBytes)
      throw new PicketError('BAD_REQUEST', `an input line is longer than ${maxLineBytes} bytes`)
  }
  if (length > 0) yield Buffer.concat(parts)
}
