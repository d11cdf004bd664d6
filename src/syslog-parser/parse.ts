// One frame to one message: bytes → text → PRI → RFC 5424, legacy or raw. Never throws on any bytes.
import { decodeText } from './charset.ts'
import { escapeControls } from './control-characters.ts'
import { readPri, skipToPri, trimFrame } from './pri.ts'
import { parseRfc3164, raw } from './rfc3164.ts'
import { parseRfc5424 } from './rfc5424.ts'
import type { ParseOptions, SyslogMessage } from './types.ts'

/** Parses the bytes of one frame or datagram. What is not understood stays in `message`; absent fields are undefined. */
export function parseMessage(frame: Uint8Array, options: ParseOptions): SyslogMessage {
  const decoded = decodeText(trimFrame(frame), options.charset)
  const text = escapeControls(decoded.slice(skipToPri(decoded)))
  const pri = readPri(text, 0)
  if (pri.kind === 'text') return raw(text, pri, undefined)
  return parseRfc5424(text, pri, options) ?? parseRfc3164(text, pri, options)
}
