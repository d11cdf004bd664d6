// Bytes to text (rule R2): UTF-8 where it is, else the charset that the source is known to send.
import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'

const fallbackCharset = 'windows-1252'

/** The text of `bytes`; `charset` (WHATWG label) is for bytes that are not UTF-8. Never throws. */
export function decodeText(bytes: Uint8Array, charset: string | undefined): string {
  if (isUtf8(bytes) || isMostlyUtf8(bytes)) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  }
  return legacyDecoder(charset ?? fallbackCharset).decode(bytes)
}

/** True when only the end is cut within a character, or when more characters of several bytes are whole than bytes are bad. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  let whole = 0
  let bad = 0
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      if (bad === 0 && isUnfinished(bytes, at)) return true
      bad++
      at++
    } else {
      if (length > 1) whole++
      at += length
    }
  }
  return whole > bad
}

/** Bytes of the well-formed sequence at `at` (Unicode 3.9, table 3-7), 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length = expectedLength(first)
  if (length === 0 || at + length > bytes.length) return 0
  for (let n = 1; n < length; n++) if (!isContinuation(first, n, bytes[at + n] ?? 0)) return 0
  return length
}

/** True when bytes[at..] is the beginning of one sequence that the end cuts off. */
function isUnfinished(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at] ?? 0
  const rest = bytes.length - at
  if (rest >= expectedLength(first)) return false
  for (let n = 1; n < rest; n++) if (!isContinuation(first, n, bytes[at + n] ?? 0)) return false
  return true
}

function expectedLength(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0
}

function isContinuation(first: number, n: number, byte: number): boolean {
  if (n > 1) return byte >= 0x80 && byte <= 0xbf
  if (first === 0xe0) return byte >= 0xa0 && byte <= 0xbf
  if (first === 0xed) return byte >= 0x80 && byte <= 0x9f
  if (first === 0xf0) return byte >= 0x90 && byte <= 0xbf
  if (first === 0xf4) return byte >= 0x80 && byte <= 0x8f
  return byte >= 0x80 && byte <= 0xbf
}

const decoders = new Map<string, TextDecoder>()
/** Labels come from a configuration; the bound is for a caller that takes them from elsewhere. */
const maxDecoders = 64

function legacyDecoder(charset: string): TextDecoder {
  const known = decoders.get(charset)
  if (known !== undefined) return known
  if (decoders.size >= maxDecoders) decoders.clear()
  const decoder = newDecoder(charset)
  decoders.set(charset, decoder)
  return decoder
}

function newDecoder(charset: string): TextDecoder {
  try {
    // What calls itself GBK or GB2312 is GB18030, its superset.
    return new TextDecoder(/^gb/i.test(charset) ? 'gb18030' : charset, { ignoreBOM: true })
  } catch {
    return new TextDecoder(fallbackCharset)
  }
}
